/** A style that comes with the part that needs it. Fulfilled when it counts; rejected where it cannot be had. */

export function styled(address: string): Promise<void> {
  return new Promise((done, fail) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = () => done();
    link.onerror = () => fail(new Error(`no style at ${address}`));
    document.head.append(link);
  });
}

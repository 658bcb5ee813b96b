/**
 * The console as its pages know it: who is signed in, and the way to the operator. Nothing is kept in the browser but the
 * session's cookie, which no script sees; when the session ends, by whichever side, everything shown goes with it.
 */

import type { HttpTransport } from "../platform/http.ts";
import { OperatorRefused } from "../platform/link_trouble.ts";
import type { Language } from "../protocol/words.ts";
import { codedOf } from "../ui/act.ts";
import type { CodedWords } from "../ui/notice.tsx";
import { ConsoleOperator } from "./operator.ts";
import type { Session } from "./reading/session.ts";

/** The operator notes a session's last use once a minute: it may count a minute more than we do. */
const LEEWAY_S = 60;

/** `password`: signed in with the password that was handed out, which must be changed first. */
export type Phase = "starting" | "unreachable" | "out" | "password" | "in";

export class ConsoleApp {
  readonly operator: ConsoleOperator;
  readonly #now: () => number;
  readonly #listeners = new Set<() => void>();
  #session: Session | null = null;
  #started = false;
  #ended = false;
  #unheard = false;
  #failure: CodedWords | null = null;
  #usedAt = 0;

  constructor(options: { language: () => Language; now: () => number; transport?: HttpTransport }) {
    this.#now = options.now;
    this.operator = new ConsoleOperator({
      ...(options.transport === undefined ? {} : { transport: options.transport }),
      language: options.language,
      over: () => this.end(),
      used: () => this.#touch(),
    });
  }

  get phase(): Phase {
    if (this.#session !== null) return this.#session.passwordChangeNeeded ? "password" : "in";
    if (this.#failure !== null) return "unreachable";
    return this.#started ? "out" : "starting";
  }

  get session(): Session | null {
    return this.#session;
  }

  /** Whether somebody was signed in here and is not any more without having asked for it. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the operator did not hear that somebody signed out. */
  get unheard(): boolean {
    return this.#unheard;
  }

  /** Why the operator could not be asked whose session this is. */
  get failure(): CodedWords | null {
    return this.#failure;
  }

  /** When the session ends unless something is asked of the operator. */
  get idleEndsAt(): number {
    return this.#usedAt + Math.max(1, (this.#session?.idleS ?? 0) - LEEWAY_S);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Asks whose session this browser has; a reload goes on where it was. */
  async start(): Promise<void> {
    this.#failure = null;
    try {
      this.#session = await this.operator.session();
    } catch (error) {
      if (!(error instanceof OperatorRefused)) this.#failure = codedOf(error);
    }
    this.#started = true;
    this.#tell();
  }

  async signIn(name: string, password: string, code: string): Promise<void> {
    this.#session = await this.operator.signIn(name, password, code);
    this.#ended = false;
    this.#unheard = false;
    this.#tell();
  }

  async choosePassword(password: string, newPassword: string): Promise<void> {
    this.#session = await this.operator.choosePassword(password, newPassword);
    this.#tell();
  }

  /** Keeps the session: whoever is there has said so. */
  async stay(): Promise<void> {
    this.#session = await this.operator.session();
    this.#tell();
  }

  /** Ends it here at once, and at the operator; where that one does not hear it, the browser still has the cookie. */
  async signOut(): Promise<void> {
    const signedOut = this.operator.signOut();
    this.#session = null;
    this.#ended = false;
    this.#unheard = false;
    this.#tell();
    try {
      await signedOut;
    } catch (error) {
      this.#unheard = !(error instanceof OperatorRefused && error.code === "session_over");
      this.#tell();
    }
  }

  /** It is over: what was shown goes. */
  end(): void {
    if (this.#session === null) return;
    this.#session = null;
    this.#ended = true;
    this.#tell();
  }

  #touch(): void {
    this.#usedAt = this.#now();
  }

  #tell(): void {
    for (const tell of this.#listeners) tell();
  }
}

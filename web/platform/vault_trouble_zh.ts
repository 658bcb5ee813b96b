/** What can be wrong with the vault, the store and passkeys, in Chinese. vault_trouble.ts says where they come from. */

import type { VaultTroubles } from "./vault_trouble_en.ts";

const NOTHING = "没有任何改动；付款与收据都安全。";

export const zh: VaultTroubles = {
  wrong_pin: {
    message: "PIN 不正确。",
    safe: NOTHING,
    next: "还可尝试 {left} 次。{wait}",
  },
  pin_waiting: {
    message: "PIN 错误次数过多：请等到 {time}。",
    safe: NOTHING,
    next: "届时再试，或使用通行密钥。",
  },
  pin_locked: {
    message: "PIN 连续输错 {most} 次：此设备不再接受 PIN。",
    safe: "已付或已收的款项依然有效，剩余的钱可通过运营方退回。",
    next: "若设有通行密钥，请用它解锁；否则请联系运营方停用此设备，再重新开通。",
  },
  vault_locked: {
    message: "应用已锁定。",
    safe: NOTHING,
    next: "请解锁后再试。",
  },
  vault_missing: {
    message: "此浏览器尚未开通账户。",
    safe: "没有任何改动。",
    next: "请用运营方提供的开通码开通。",
  },
  vault_exists: {
    message: "此浏览器已开通。",
    safe: NOTHING,
    next: "请直接解锁；若要重新开通，请先清除。",
  },
  vault_damaged: {
    message: "此浏览器保存的数据已损坏或被外部改动。",
    safe: "不会据此出示或签署任何内容；付款以运营方账簿为准。",
    next: "请联系运营方停用此设备，再重新开通。",
  },
  store_conflict: {
    message: "另一个标签页同时进行了操作。",
    safe: "没有重复写入。",
    next: "请再试一次。",
  },
  storage_failed: {
    message: "浏览器无法保存（{why}）。",
    safe: "内容总是先保存后出示，因此没有丢失。",
    next: "请清理空间、退出无痕模式后再试。",
  },
  passkey_none: {
    message: "尚未设置可解锁此应用的通行密钥。",
    safe: NOTHING,
    next: "请使用 PIN。",
  },
  passkey_unavailable: {
    message: "此设备的通行密钥无法用来保护应用。",
    safe: NOTHING,
    next: "请继续使用 PIN。",
  },
  passkey_failed: {
    message: "通行密钥未获确认。",
    safe: NOTHING,
    next: "请再试一次，或使用 PIN。",
  },
};

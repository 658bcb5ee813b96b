/**
 * Amounts and instants as people read them. Amounts are bigint of minor units: no float ever holds money.
 *
 * Every currency served so far has two decimals (as src/feiqian/wallet/wording.py). Instants are shown in the reader's
 * own time zone; the date is left out when it is today.
 */

import type { Language } from "./words.ts";

export const SCALE = 2;
const UNIT = 10n ** BigInt(SCALE);
const WHOLE_DIGITS_MAX = 11;
const DAY_S = 86_400;

/** 1,234.50: the number alone. */
export function digits(minor: bigint): string {
  const size = minor < 0n ? -minor : minor;
  const whole = (size / UNIT).toString().replace(/\B(?=(\d{3})+$)/gu, ",");
  return `${minor < 0n ? "-" : ""}${whole}.${(size % UNIT).toString().padStart(SCALE, "0")}`;
}

/** 1,234.50 EUR. The space does not break. */
export function money(minor: bigint, currency: string): string {
  return `${digits(minor)}\u00a0${currency}`;
}

/** Minor units of what was typed, as 12, 12.5 or 12,50; null if that is no amount above zero. */
export function parseAmount(typed: string): bigint | null {
  const found = new RegExp(`^(\\d{1,${WHOLE_DIGITS_MAX}})(?:[.,](\\d{0,${SCALE}}))?$`, "u").exec(typed.trim());
  if (found === null) return null;
  const minor = BigInt(found[1] ?? "0") * UNIT + BigInt((found[2] ?? "").padEnd(SCALE, "0"));
  return minor > 0n ? minor : null;
}

function locale(language: Language): string {
  return language === "zh" ? "zh-CN" : "en-GB";
}

function date(at: number): Date {
  return new Date(at * 1000);
}

function dayOf(at: number): string {
  const d = date(at);
  return `${d.getFullYear()}-${d.getMonth()}-${d.getDate()}`;
}

export function time(at: number, language: Language): string {
  return new Intl.DateTimeFormat(locale(language), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(
    date(at),
  );
}

/** "22 Nov", with its year where that is another one. */
export function day(at: number, now: number, language: Language): string {
  const year = date(at).getFullYear() === date(now).getFullYear() ? {} : { year: "numeric" as const };
  return new Intl.DateTimeFormat(locale(language), { day: "numeric", month: "short", ...year }).format(date(at));
}

/** "14:05" today, "22 Nov, 14:05" on other days. */
export function instant(at: number, now: number, language: Language): string {
  if (dayOf(at) === dayOf(now)) return language === "zh" ? `今天 ${time(at, language)}` : `today ${time(at, language)}`;
  return `${day(at, now, language)}${language === "zh" ? " " : ", "}${time(at, language)}`;
}

/** Heads of a list: "Today", "Yesterday", "20 November". */
export function dayName(at: number, now: number, language: Language): string {
  if (dayOf(at) === dayOf(now)) return language === "zh" ? "今天" : "Today";
  if (dayOf(at) === dayOf(now - DAY_S)) return language === "zh" ? "昨天" : "Yesterday";
  return day(at, now, language);
}

/** "5 min", "3 h", "2 days": how long, roughly, never longer than it is. */
export function span(seconds: number, language: Language): string {
  const zh = language === "zh";
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return zh ? `${whole} 秒` : `${whole} s`;
  if (whole < 3600) return zh ? `${Math.floor(whole / 60)} 分钟` : `${Math.floor(whole / 60)} min`;
  if (whole < 2 * DAY_S) return zh ? `${Math.floor(whole / 3600)} 小时` : `${Math.floor(whole / 3600)} h`;
  return zh ? `${Math.floor(whole / DAY_S)} 天` : `${Math.floor(whole / DAY_S)} days`;
}

/** 4:05 minutes and seconds left. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

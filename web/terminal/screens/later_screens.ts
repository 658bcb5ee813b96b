/** The screens of seldom.tsx, each of which loads that file when it is first shown, and the scanner. */

import { later } from "../../ui/later.tsx";
import { SELDOM_FILES } from "../seldom_words.ts";

const seldom = later(() => import("./seldom.tsx"), SELDOM_FILES);

export const Blocked = seldom((screens) => screens.Blocked);
export const CaseScreen = seldom((screens) => screens.CaseScreen);
export const GuideScreen = seldom((screens) => screens.GuideScreen);
export const DisputeScreen = seldom((screens) => screens.DisputeScreen);
export const DisputesScreen = seldom((screens) => screens.DisputesScreen);
export const Enrol = seldom((screens) => screens.Enrol);
export const Welcome = seldom((screens) => screens.Welcome);
export const FilesScreen = seldom((screens) => screens.FilesScreen);
export const HistoryScreen = seldom((screens) => screens.HistoryScreen);
export const MoreScreen = seldom((screens) => screens.MoreScreen);
export const CancelListScreen = seldom((screens) => screens.CancelListScreen);
export const CancelScreen = seldom((screens) => screens.CancelScreen);
export const GiveBackScreen = seldom((screens) => screens.GiveBackScreen);
export const NoteScreen = seldom((screens) => screens.NoteScreen);
export const PacksScreen = seldom((screens) => screens.PacksScreen);
export const PaymentScreen = seldom((screens) => screens.PaymentScreen);
export const PrivacyScreen = seldom((screens) => screens.PrivacyScreen);
export const ReadyScreen = seldom((screens) => screens.ReadyScreen);
export const RecoveredScreen = seldom((screens) => screens.RecoveredScreen);
export const RecoverScreen = seldom((screens) => screens.RecoverScreen);
export const SettingsScreen = seldom((screens) => screens.SettingsScreen);
export const SignOutScreen = seldom((screens) => screens.SignOutScreen);
export const SyncScreen = seldom((screens) => screens.SyncScreen);
export const TillScreen = seldom((screens) => screens.TillScreen);

/** It comes with the first scan. */
export const ScanScreen = later(() => import("./scan.tsx"))((screens) => screens.ScanScreen);

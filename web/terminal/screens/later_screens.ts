/** The screens of seldom.tsx, each of which loads that file when it is first shown. */

import { later } from "../../ui/later.tsx";
import { SELDOM_FILES } from "../seldom_words.ts";

const seldom = later(() => import("./seldom.tsx"), SELDOM_FILES);

export const CaseScreen = seldom((screens) => screens.CaseScreen);
export const GuideScreen = seldom((screens) => screens.GuideScreen);
export const DisputeScreen = seldom((screens) => screens.DisputeScreen);
export const DisputesScreen = seldom((screens) => screens.DisputesScreen);
export const Enrol = seldom((screens) => screens.Enrol);
export const Welcome = seldom((screens) => screens.Welcome);
export const FilesScreen = seldom((screens) => screens.FilesScreen);
export const MoreScreen = seldom((screens) => screens.MoreScreen);
export const CancelListScreen = seldom((screens) => screens.CancelListScreen);
export const CancelScreen = seldom((screens) => screens.CancelScreen);
export const GiveBackScreen = seldom((screens) => screens.GiveBackScreen);
export const NoteScreen = seldom((screens) => screens.NoteScreen);
export const ReadyScreen = seldom((screens) => screens.ReadyScreen);
export const SettingsScreen = seldom((screens) => screens.SettingsScreen);
export const SignOutScreen = seldom((screens) => screens.SignOutScreen);

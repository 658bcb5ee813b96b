"""Storage: what must outlive the process, and the only place that opens a database.

`vault` keeps a device's data encrypted under the holder's PIN, `migrations` brings its schema up to date,
`crash` names the points at which tests kill the process for real.

Here stand the troubles of a device's store, so that who handles them need not import an encryption library. No text
or field holds a PIN, a key or a path. What the disk or the system refuses stays an `OSError`.
"""

from datetime import UTC, datetime

from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.risk.pin import PIN_FAILURES_MAX

STORE_WORDS: WordsTable = {
    "store_too_new": {
        "en": Words(
            "A newer version of Feiqian wrote this store (format {found}, this program knows {known}): update needed.",
            "Nothing was changed; the data is complete.",
            "Update Feiqian on this device, then try again.",
        ),
        "zh": Words(
            "此数据由更新版本的飞钱写入（格式 {found}，本程序支持到 {known}），需要升级。",
            "没有任何改动，数据完整。",
            "请升级本设备上的飞钱后重试。",
        ),
    },
    "migration_failed": {
        "en": Words(
            "A step that brings the store up to date failed.",
            "The step was undone; no data was lost.",
            "Keep this device as it is and report the fault.",
        ),
        "zh": Words("数据升级的一个步骤失败。", "该步骤已撤销，没有丢失数据。", "请保持设备现状并报告此故障。"),
    },
    "wrong_pin": {
        "en": Words(
            "The PIN is wrong. Tries left until the device locks: {tries_left}.{wait_en}",
            "Nothing was changed; only the try was counted.",
            "Check the PIN and try again.",
        ),
        "zh": Words(
            "PIN 不正确，再错 {tries_left} 次将锁定设备。{wait_zh}",
            "没有任何改动，只计入了这一次错误。",
            "请核对 PIN 后重试。",
        ),
    },
    "pin_waiting": {
        "en": Words(
            "After several wrong PINs the next try is possible at {instant}.",
            "Nothing was changed, and this try was not counted.",
            "Wait until then and try again.",
        ),
        "zh": Words("PIN 多次错误，{instant} 之后才能再试。", "没有任何改动，这次也不计入错误。", "请到时再试。"),
    },
    "pin_locked": {
        "en": Words(
            "The device is locked after {failures} wrong PINs.",
            "The data stays on the device, encrypted.",
            "Report this device to your operator, who can suspend it and enrol another.",
        ),
        "zh": Words(
            "PIN 错误 {failures} 次，设备已锁定。",
            "数据仍加密保存在设备上。",
            "请联系运营方挂失此设备，并登记新设备。",
        ),
    },
    "vault_missing": {
        "en": Words(
            "This device is not enrolled: there is no vault in this folder.",
            "Nothing was changed.",
            "Check the folder, or enrol this device.",
        ),
        "zh": Words("此文件夹中没有钱库，设备尚未登记。", "没有任何改动。", "请检查文件夹，或先登记此设备。"),
    },
    "vault_exists": {
        "en": Words(
            "There is a vault in this folder already.",
            "Nothing was changed; what is stored there stays.",
            "Open it with its PIN, or choose another folder.",
        ),
        "zh": Words("此文件夹中已有钱库。", "没有任何改动，原有数据保持不变。", "请用其 PIN 打开，或另选文件夹。"),
    },
    "vault_damaged": {
        "en": Words(
            "The vault of this device is damaged.",
            "Nothing was deleted and nothing repaired by guessing.",
            "Keep the folder as it is, do not enrol over it, and ask your operator.",
        ),
        "zh": Words(
            "此设备的钱库已损坏。",
            "没有删除任何内容，也没有擅自修复。",
            "请保留文件夹原样，不要覆盖登记，并联系运营方。",
        ),
    },
    "vault_in_use": {
        "en": Words(
            "Another program uses this vault.",
            "Nothing was changed; the other program goes on.",
            "Close the other window or program that uses this device's data, then try again.",
        ),
        "zh": Words(
            "另一个程序正在使用此钱库。",
            "没有任何改动，另一个程序继续运行。",
            "请关闭使用此设备数据的其他窗口或程序后重试。",
        ),
    },
}


class StoreError(Trouble):
    """The store of this device cannot be used as asked. `detail` is for developers."""

    table = STORE_WORDS
    kind = ""

    def __init__(self, detail: str = "", **values: object) -> None:
        super().__init__(self.kind, **values)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail or self.words("en").message


class StoreTooNew(StoreError):
    """A newer version of the program wrote this store."""

    kind = "store_too_new"

    def __init__(self, *, found: int, known: int) -> None:
        super().__init__(found=found, known=known)
        self.found = found
        self.known = known


class MigrationFailed(StoreError):
    """A step broke its own rules. The store stays at the version before it."""

    kind = "migration_failed"


class VaultError(StoreError):
    """The vault cannot be used now."""


class WrongPin(VaultError):
    """The PIN is wrong and was counted; `wait_s` seconds must pass before the next try."""

    kind = "wrong_pin"

    def __init__(self, *, failures: int, wait_s: int) -> None:
        self.failures = failures
        self.tries_left = PIN_FAILURES_MAX - failures
        self.wait_s = wait_s
        wait_en = f" Wait {wait_s} s before the next one." if wait_s else ""
        wait_zh = f"请等待 {wait_s} 秒后再试。" if wait_s else ""
        super().__init__(tries_left=self.tries_left, wait_en=wait_en, wait_zh=wait_zh)


class PinLocked(VaultError):
    """No try is allowed before `until` (Unix seconds by this device's clock), or none at all (`None`)."""

    def __init__(self, until: int | None) -> None:
        self.until = until
        self.kind = "pin_locked" if until is None else "pin_waiting"
        instant = "" if until is None else datetime.fromtimestamp(until, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        super().__init__(failures=PIN_FAILURES_MAX, instant=instant)


class VaultMissing(VaultError):
    """There is no vault, and no trace of one."""

    kind = "vault_missing"


class VaultExists(VaultError):
    """`create` would have overwritten a vault."""

    kind = "vault_exists"


class VaultDamaged(VaultError):
    """A file of the vault is missing, changed or not ours."""

    kind = "vault_damaged"


class VaultInUse(VaultError):
    """Another process holds the vault."""

    kind = "vault_in_use"

"""What the device's check of itself says: what was found, why it matters, what to do."""

from typing import Final

from feiqian.protocol.words import Words, WordsTable

CHECK_WORDS: Final[WordsTable] = {
    "files_open": {
        "en": Words(
            "Others on this machine can read or change: {names}.",
            "The content is encrypted, but whoever copies it can try PINs elsewhere, without our count.",
            "Take the rights away: chmod -R go= on the folder; files of another owner: chown to yourself.",
        ),
        "zh": Words(
            "本机其他用户可以读取或改动：{names}。",
            "内容已加密，但复制走的人可以在别处试 PIN，不受次数限制。",
            "请收回权限：对该文件夹执行 chmod -R go=；属主不是您的文件请用 chown 改为自己。",
        ),
    },
    "pin_file_open": {
        "en": Words(
            "The file with the PIN can be read by others.",
            "With the PIN and this device anybody pays as you.",
            "chmod 600 the file, then set a new PIN: change-pin.",
        ),
        "zh": Words(
            "存放 PIN 的文件可被其他人读取。",
            "拿到 PIN 和此设备的人可以以您的名义付款。",
            "请对该文件执行 chmod 600，然后用 change-pin 更换 PIN。",
        ),
    },
    "kept_too_long": {
        "en": Words(
            "{count} entries are kept longer than “privacy” says.",
            "Nobody needs them any more, and a stolen device would show them.",
            "Sync once, then check again; if they stay, report this sentence.",
        ),
        "zh": Words(
            "有 {count} 项的保存时间超过了 privacy 所述期限。",
            "已无人需要，而设备失窃时会被看到。",
            "请同步一次后再检查；若仍存在，请报告此句。",
        ),
    },
    "pictures_left": {
        "en": Words(
            "Pictures of payments should have gone and are still there: {names}.",
            "They show whom you paid and how much; none can be paid with twice.",
            "Delete them, and look at the rights of their folder.",
        ),
        "zh": Words(
            "付款图片本应已删除，但仍在：{names}。",
            "其中可见付给谁、付了多少；不会因此重复付款。",
            "请删除它们，并检查所在文件夹的权限。",
        ),
    },
    "stray_files": {
        "en": Words(
            "Files lie in this device's folder that it does not know: {names}.",
            "They may hold something that was meant to be encrypted, or be somebody else's.",
            "Look at them; move away what is yours and delete the rest.",
        ),
        "zh": Words(
            "此设备的文件夹中有它不认识的文件：{names}。",
            "其中可能有本应加密的内容，也可能属于他人。",
            "请查看；自己的移走，其余的删除。",
        ),
    },
    "logs_found": {
        "en": Words(
            "Logs lie in this device's folder: {names}.",
            "This program writes none there; what another one noted of your payments is not encrypted.",
            "Find out which program writes them, stop it, and delete them.",
        ),
        "zh": Words(
            "此设备的文件夹中有日志：{names}。",
            "本程序不在此写日志；其他程序记下的付款内容没有加密。",
            "请找出是哪个程序写的，停掉它并删除日志。",
        ),
    },
    "wrong_pins": {
        "en": Words(
            "A wrong PIN was given {count} times within the last day.",
            "If it was not you, somebody has tried; nothing could be read or paid.",
            "If it was not you: set a new PIN with change-pin, and keep the device by you.",
        ),
        "zh": Words(
            "最近一天内有 {count} 次输错 PIN。",
            "若不是您本人，就是有人试过；没有内容被读取，也没有付款。",
            "若不是您本人：请用 change-pin 更换 PIN，并保管好设备。",
        ),
    },
    "paying_locked": {
        "en": Words(
            "This wallet has stopped paying by itself.",
            "Nothing is paid until the operator allows it; receipts still come in.",
            "Run: feiqian wallet show, for the reason; then: feiqian wallet unlock-online",
        ),
        "zh": Words(
            "此钱包已自行停止付款。",
            "运营方允许之前不会付款；收据照常收下。",
            "请运行 feiqian wallet show 查看原因，再运行 feiqian wallet unlock-online",
        ),
    },
    "keys_not_usable": {
        "en": Words(
            "The hardware that holds the keys does not serve: {why}.",
            "Nothing is paid while it is so, and nothing is lost.",
            "Run: feiqian wallet show, which says what to do.",
        ),
        "zh": Words(
            "存放密钥的硬件不可用：{why}。",
            "此期间不会付款，也没有损失。",
            "请运行 feiqian wallet show，其中有处理办法。",
        ),
    },
    "acts_not_confirmed": {
        "en": Words(
            "{count} payments above the limit show no sign that their holder was asked.",
            "Either this device was tampered with, or its program is wrong.",
            "Stop paying with it, keep it as it is, and tell the operator.",
        ),
        "zh": Words(
            "有 {count} 笔超过限额的付款没有持有人确认的标记。",
            "可能是设备被动过手脚，也可能是程序有误。",
            "请停止用它付款，保持原样，并告知运营方。",
        ),
    },
    "app_too_old": {
        "en": Words(
            "This program is older than the operator asks for: {least} or newer.",
            "Known faults may be in it; your money is as it was.",
            "Update it.",
        ),
        "zh": Words("本程序低于运营方要求的版本：{least} 或更新。", "其中可能有已知缺陷；您的钱没有变化。", "请更新。"),
    },
    "trust_expired": {
        "en": Words(
            "The keys that this device trusts have expired.",
            "Only small payments at one's own risk are possible; nothing is lost.",
            "Sync, or take a newer pack from another device: … trust take",
        ),
        "zh": Words(
            "此设备信任的密钥已过期。",
            "只能进行自担风险的小额付款；没有损失。",
            "请同步，或从另一台设备取得较新的信任包：… trust take",
        ),
    },
    "trust_old": {
        "en": Words(
            "The lists of what was stopped or revoked are {days} days old.",
            "A lost device or a closed till may be taken for a good one; so less is guaranteed.",
            "Sync, or take a newer pack from another device: … trust take",
        ),
        "zh": Words(
            "停用与吊销名单已有 {days} 天未更新。",
            "挂失的设备或已注销的终端可能被当作正常；因此担保额度较低。",
            "请同步，或从另一台设备取得较新的信任包：… trust take",
        ),
    },
    "clock_wrong": {
        "en": Words(
            "This device's clock is wrong.",
            "Payments may be refused, and what is signed bears a wrong time; nothing is lost.",
            "Set date and time, best automatically, then sync.",
        ),
        "zh": Words(
            "此设备的时钟不准。",
            "付款可能被拒绝，签名所带时间也不对；没有损失。",
            "请校准日期和时间（最好自动校准），然后同步。",
        ),
    },
    "clock_moved": {
        "en": Words(
            "FEIQIAN_CLOCK_OFFSET_S moves this device's clock on purpose.",
            "That is for trials only: times that are signed are wrong.",
            "Take the variable out of the environment.",
        ),
        "zh": Words(
            "环境变量 FEIQIAN_CLOCK_OFFSET_S 有意改动了此设备的时钟。",
            "这只供试验：签名所带的时间是错的。",
            "请从环境中去掉该变量。",
        ),
    },
    "exports_left": {
        "en": Words(
            "Signed files of the queue lie in clear: {names}.",
            "They hold cheques and receipts, no names and no keys; nobody else is paid with them.",
            "Delete them once their answers have been taken.",
        ),
        "zh": Words(
            "未加密的队列导出文件仍在：{names}。",
            "其中有支票与收据，没有姓名和密钥；他人无法凭此收款。",
            "收下答复后请删除。",
        ),
    },
    "tier_low": {
        "en": Words(
            "The keys live in software, and the operator asks more of larger payments.",
            "Limits are lower; a key in software can be copied by whoever has the device and the PIN.",
            "Keys in a TPM, on a card or in a passkey may pay more.",
        ),
        "zh": Words(
            "密钥在软件中，而运营方对较大金额有更高要求。",
            "限额因此较低；拿到设备和 PIN 的人可以复制软件中的密钥。",
            "密钥放在 TPM 芯片、卡或通行密钥中可以付得更多。",
        ),
    },
    "core_dumps_on": {
        "en": Words(
            "A program that crashes here may leave its memory in a file.",
            "While this device is unlocked its data key is in memory.",
            "Turn core dumps off: ulimit -c 0, or Storage=none in coredump.conf.",
        ),
        "zh": Words(
            "程序崩溃时，其内存可能被写入文件。",
            "设备解锁期间，数据密钥在内存中。",
            "请关闭核心转储：ulimit -c 0，或在 coredump.conf 中设 Storage=none。",
        ),
    },
    "swap_on": {
        "en": Words(
            "Memory of this machine may be written to a disk that is not encrypted (swap).",
            "While this device is unlocked its data key is in memory.",
            "Encrypt the swap, or turn it off: swapoff -a",
        ),
        "zh": Words(
            "本机内存可能被写到未加密的磁盘上（交换区）。",
            "设备解锁期间，数据密钥在内存中。",
            "请加密交换区，或关闭：swapoff -a",
        ),
    },
}

"""The Chinese of every title, purpose and option in `--help`, beside the English that the commands are defined with."""

from collections.abc import Mapping
from typing import Final

from feiqian.cli.usage_texts_keys import KEY_TEXTS

CHINESE: Final[Mapping[str, str]] = {
    # titles
    "positional arguments": "参数",
    "options": "选项",
    "everywhere": "通用选项",
    "commands": "命令",
    "acts": "操作",
    "evidence": "证据",
    "benches": "测量项目",
    "where the server is": "服务器位置",
    # every command
    "Feiqian (飞钱): pay and be paid with no network; settle exactly once when it is back.": (
        "飞钱：没有网络也能付款收款；网络恢复后每笔只结算一次。"
    ),
    "no command was given": "没有给出命令",
    "show this help message and exit": "显示此帮助后退出",
    "show program's version number and exit": "显示版本号后退出",
    "one JSON object": "输出一个 JSON 对象",
    "en or zh": "en（英文）或 zh（中文）",
    "where this device or server lives": "此设备或服务器的数据文件夹",
    "read the PIN from this file": "从此文件读取 PIN",
    "list the points where FEIQIAN_CRASH_AT can kill": "列出 FEIQIAN_CRASH_AT 可用的崩溃点",
    "the whole story on this machine: pay with no network, reconnect, settle": (
        "在本机演完整个故事：断网支付、联网、结算"
    ),
    "the payer's device": "付款人的设备",
    "the payee's device": "收款方的设备",
    "run the operator's server": "运行运营方服务器",
    "the operator's own acts: payers, payees, funding, suspensions": "运营方的操作：付款人、收款方、充值、停用",
    "check evidence with no server": "不依赖服务器核验证据",
    "check the operator's books": "核对运营方账目",
    "measure this machine": "测量本机性能",
    # demo
    "play in this new folder and keep it": "在此新文件夹中演示，并保留它",
    "end when the story ends, at a terminal window too": "故事演完即结束，在终端窗口中也不等待",
    # wallet
    "become a payer's device": "成为付款人的设备",
    "where its keys live, for good (default software)": "密钥存放在何处，选定后不可更改（默认 software，即软件）",
    "set money aside to spend offline": "留出一笔钱供离线支付",
    "newest trust, and what became of payments": "获取最新的信任列表，并查询每笔付款的结果",
    "ask the operator whether this wallet, which stopped by itself, may pay again": (
        "此钱包已自行停止付款时，询问运营方是否可以继续"
    ),
    "wallets that have stopped paying by themselves, and whether they may go on": (
        "自行停止付款的钱包，以及是否允许继续"
    ),
    "this wallet may pay again": "允许此钱包继续付款",
    "this wallet never pays again; suspend it besides": "不再允许此钱包付款；另请停用其额度",
    "a lock is 32 hexadecimal digits": "锁定编号须为 32 位十六进制数字",
    "end an allowance early": "提前结清一份额度",
    "protect the wallet with a new PIN": "为钱包更换 PIN",
    "a code to keep elsewhere, which stops this device when it is lost": "获取挂失码，另处保存；设备丢失时用它停用设备",
    "stop a lost device by its code, from any device: at once, and see what is at risk": (
        "凭挂失码在任何设备上停用丢失的设备：立即生效，并显示涉及金额"
    ),
    "history, receipts and papers in a file under a passphrase; nothing in it can pay": (
        "将付款记录、收据与凭证存入加口令的备份文件；其中没有可用于付款的内容"
    ),
    "the file to write; it must not be there": "要写入的文件，须尚不存在",
    "so that the wallet in a browser can read it, too": "让浏览器中的钱包也能读取",
    "put the history of another device back, to look at and to hand in; nothing of it can be spent": (
        "恢复其他设备的付款记录，供查看与提交凭证；不能用于付款"
    ),
    "made by: feiqian wallet backup": "由 feiqian wallet backup 生成",
    "read the backup's passphrase from this file": "从此文件读取备份口令",
    "read the lost-device code from this file": "从此文件读取挂失码",
    "what to do when this device is lost": "设备丢失时怎么办",
    "pay a request that a payee shows, or show a one-way code": "应答收款方出示的收款请求，或出示单向付款码",
    "show a one-way code that any payee may take, for a minute": "出示单向付款码，一分钟内任何收款方可收",
    "read the authenticator's one-time code from this file": "从此文件读取验证器的动态验证码",
    "pay by holding the phone to a payee's reader": "将手机靠近收款方的读卡器付款",
    "agree beforehand to one payment of at most this amount": "预先同意一笔不超过此金额的付款",
    "seconds to hold it there (default 60)": "靠近的秒数（默认 60）",
    "the virtual reader (default vpcd:127.0.0.1:35963)": "虚拟读卡器（默认 vpcd:127.0.0.1:35963）",
    "show an earlier payment again: the same bytes": "再次出示先前的付款：内容完全相同",
    "take the payee's receipt or note": "收下收款方的收据或凭证",
    "what can be spent offline now, until when, what waits": "现在可离线支付多少、到何时、还有什么待定",
    "what works now, up to how much, until when, and why not": "现在能做什么、至多多少、到何时，以及不能的原因",
    "what is open, and the way on for each": "有哪些未完成，各自如何继续",
    "what this device keeps, why, how long, and how it is protected": "此设备保存哪些内容、用途、期限与保护方式",
    "what is not in order on this device, why it matters and what to do": "此设备有哪些问题、为何要紧、该如何处理",
    "all payments, newest first": "全部付款，最新的在前",
    "the authority of an operator with certificates of its own (or FEIQIAN_CA_FILE)": (
        "运营方自签证书的颁发机构文件（或用 FEIQIAN_CA_FILE）"
    ),
    "the operator's address": "运营方地址",
    "read the enrolment code from this file (default: it is asked for)": "从此文件读取开通码（默认：现场询问）",
    "the enrolment code itself; other users of this machine can see it": "开通码本身；本机其他用户可能看到",
    "like 200 or 12.50": "如 200 或 12.50",
    "its first characters, when there are several": "有多份时，给出编号的开头几个字符",
    "read the new PIN from this file": "从此文件读取新 PIN",
    "the picture(s) of the payee's request": "收款请求的图片",
    "no request: a one-way code of this amount, for a minute": "没有收款请求时：此金额的单向付款码，一分钟有效",
    "with --code: the payee may take less": "与 --code 同用：收款方可以少收",
    "consent without being asked": "不再询问，直接同意",
    "the picture to draw (default: in the folder `shown` of --home)": "要生成的图片（默认：--home 的 shown 文件夹中）",
    "like 5 or 12.50": "如 5 或 12.50",
    "the payee may take less": "收款方可以少收",
    "the payment's number (see history)": "付款编号（见 history）",
    "the picture(s) of the receipt or note": "收据或凭证的图片",
    "payee, reference, amount, number or state": "收款方、备注、金额、编号或状态",
    "read the six digits that came another way than the code from this file, if there are any": (
        "从此文件读取与开通码分开告知的六位口令（若有）"
    ),
    # terminal
    "ask for an amount: draws the request that a payer's wallet reads": "请求收款：生成供付款人钱包读取的收款请求",
    "accept the payment that a payer shows, and draw the receipt": "受理付款人出示的付款，并生成收据",
    "ask for an amount, paid by holding the payer's phone to a card reader": "收款：请付款人将手机靠近读卡器支付",
    "like 12.50 (default: go on with an open request)": "如 12.50（默认：继续待支付的收款请求）",
    "go on with this request": "继续此收款请求",
    "how the reader's name begins (default: the first)": "读卡器名称的开头（默认：第一个）",
    "accept a one-way payment code": "受理单向付款码",
    "give back an accepted payment: draws the note for the payer": "退回已受理的付款：生成给付款人的退款凭证",
    "cancel a request for ever: draws the note for a payer who answered it": (
        "永久取消一个收款请求：为已应答的付款人生成凭证"
    ),
    "the till of this shift, by how sure it is": "本班收款合计，按可靠程度分列",
    "what was accepted, given back and settled, newest first": "受理、退回与结算的记录，最新的在前",
    "what this terminal can do right now: lists, clock, queue": "此终端现在能做什么：列表、时钟、队列",
    "become a payee's terminal, with the code from the operator": "用运营方给的开通码成为收款终端",
    "send what waits, store the answers, hear what became of them, fetch lists": (
        "上传待传的付款、保存答复、获知结果并更新列表"
    ),
    "the queue as signed files for a network that does not come back, and fork proofs": (
        "网络迟迟不恢复时，把队列导出为签名文件；同时导出违约证据"
    ),
    "protect the till with a new PIN": "为终端更换 PIN",
    "open this till again when ten wrong PINs have locked it": "PIN 错误十次锁定后，重新打开此终端",
    "where the file for the operator goes": "交给运营方的文件写到何处",
    "the operator's answer": "运营方的答复文件",
    "read the operator's code from this file": "从此文件读取运营方告知的恢复码",
    "open a till again that ten wrong PINs have locked: its queue is not lost": (
        "重新打开因十次 PIN 错误而锁定的终端：其队列不会丢失"
    ),
    "made by: feiqian terminal recover": "由此命令生成：feiqian terminal recover",
    "the answer for the till": "给终端的答复",
    "forget the key and leave; refused while anything waits to be sent": "忘掉密钥并退出；仍有待上传内容时拒绝",
    "like 12.50": "如 12.50",
    "the amount is a maximum (tips, fuel)": "金额为上限（小费、加油）",
    "what it is for, at most 32 bytes": "用途，最多 32 字节",
    "seconds it lives (default 120)": "有效秒数（默认 120）",
    "a smaller code, for small amounts only": "较小的码，仅限小额",
    "the picture(s) of the payment or the settled notice": "付款或结清通知的图片",
    "which request it answers (default: it is found)": "它应答的是哪个收款请求（默认：自动查找）",
    "what is taken of an amount asked for as a maximum": "请求为上限金额时，实际收取多少",
    "accept what is not guaranteed, too": "无担保的也受理",
    "what is due, like 12.50": "应收金额，如 12.50",
    "the picture(s) of the code": "付款码的图片",
    "the receipt's number, or the first characters of the cheque id": "收据编号，或支票编号的开头几个字符",
    "how much is given back in all (default: everything)": "合计退回多少（默认：全部）",
    "the request (default: the only one it can be)": "哪个收款请求（默认：唯一可能的那个）",
    "end the shift and begin the next": "结束本班，开始下一班",
    "how many (default 50)": "显示多少条（默认 50）",
    "the operator's server": "运营方服务器",
    "send the last answered batch again on purpose": "故意再次上传最近已答复的批次",
    "take an answer that came as a file; no network": "读取以文件送来的答复；不用网络",
    "default: in the folder `shown` of --home": "默认：--home 的 shown 文件夹中",
    # disputes
    "hand the operator your copy of a payment": "把您持有的一笔付款凭据交给运营方",
    "dispute a payment": "对一笔付款提出争议",
    "dispute what was not paid": "对未付的款项提出争议",
    "your disputes, and what they ask of you": "您的争议，以及需要您做什么",
    "answer a dispute": "答复一项争议",
    "take your dispute back, for good": "撤回您的争议，不可恢复",
    "what payers and payees dispute, what waits first": "付款人与收款方的争议，待处理的在前",
    "decide a dispute: refund the payer, or let the payment stand": "裁定争议：退款给付款人，或维持原付款",
    "what the other side and the operator should know": "想让对方和运营方知道的说明",
    "a file that shows it, at most 16 KiB": "作为证据的文件，最多 16 KiB",
    "what is disputed": "争议的理由",
    "how much of it (default: all that can be)": "争议的金额（默认：可争议的全部）",
    "how its id begins (see disputes)": "争议编号的开头几位（见 disputes）",
    "agree: the money moves at once": "同意：款项立即划转",
    "disagree: the operator decides": "不同意：由运营方裁定",
    "the payer's cheque, if it was never claimed in time": "付款人的支票文件（未能按时提交时）",
    "so much goes back to the payer, out of the payee's balance": "从收款方余额退给付款人的金额",
    "the payment stands; no money moves": "维持原付款，资金不变动",
    # serve
    "address to listen on (default 127.0.0.1; with --tls 0.0.0.0, all networks)": (
        "监听地址（默认 127.0.0.1；使用 --tls 时为 0.0.0.0，即所有网络）"
    ),
    "send traces to this OTLP collector, like http://HOST:4318/v1/traces": (
        "把链路追踪发送到此 OTLP 收集器，如 http://HOST:4318/v1/traces"
    ),
    "with --tls: the name in the address (default: this machine's name and .local)": (
        "与 --tls 一起使用：地址中的主机名（默认：本机名加 .local）"
    ),
    "with --tls: a plain HTTP port that gives phones the authority's certificate, 0 for a free one": (
        "与 --tls 一起使用：供手机获取根证书的普通 HTTP 端口，0 表示自动选择"
    ),
    "port to listen on, 0 for a free one (default 8080)": "监听端口，0 表示自动选择（默认 8080）",
    "what a new operator holds (default CNY); fixed from then on": "新运营方的币种（默认 CNY）；此后不可更改",
    "name of a new deployment, signed in every statement (default test); fixed from then on": (
        "新部署的名称，签入每份凭证（默认 test）；此后不可更改"
    ),
    "where the books live: sqlite (default, in --home) or a postgresql:// address": (
        "账目存放位置：sqlite（默认，位于 --home）或 postgresql:// 地址"
    ),
    "port to listen on, 0 for a free one (default 0)": "监听端口，0 表示自动选择空闲端口（默认 0）",
    "settle the batches that wait in the queue of: serve --intake": "结算在队列中等待的批次（队列见 serve --intake）",
    "nats:// addresses of one JetStream cluster, commas between: batches wait there to be settled": (
        "同一 JetStream 集群的 nats:// 地址，以逗号分隔：批次在其中等待结算"
    ),
    "batches while that queue is away or full: 503, or straight into the books (default refuse)": (
        "队列不可用或已满时如何处理批次：答复 503，或直接入账（默认 refuse）"
    ),
    "an intake is nats:// or tls:// addresses with commas between, 16 at most": (
        "队列地址以 nats:// 或 tls:// 开头，以逗号分隔，最多 16 个"
    ),
    "what waits in the queue, and the batches that nobody could settle": "队列中等待的批次，以及无人能结算的批次",
    "let this batch come again: its terminal still has it and sends it": "放行此批次：终端仍保留着它，会再次发送",
    "a batch is 64 hexadecimal digits": "批次须为 64 位十六进制数字",
    "processes that serve, 0 for one on each core (default 1)": "服务进程数，0 表示每个核心一个（默认 1）",
    "a number of processes is 0 to 64": "进程数为 0 到 64",
    "standard error as lines for people, or one JSON object a line with every request (default text)": (
        "标准错误输出：供人阅读的行，或每行一个 JSON 对象并记录每个请求（默认 text）"
    ),
    "seconds a stop goes on serving after /ready says 503, for load balancers (default 0)": (
        "停止时 /ready 先返回 503，再继续服务的秒数，供负载均衡器察觉（默认 0）"
    ),
    "a notice is 0 to 15 seconds": "该时长为 0 至 15 秒",
    "serve HTTPS, TLS 1.3 only, under a local authority": "以本地根证书提供 HTTPS，仅限 TLS 1.3",
    "a port is a number from 0 to 65535": "端口是 0 到 65535 之间的数",
    "a currency is three capital letters, like CNY": "币种是三个大写字母，如 CNY",
    "a deployment's name is 1 to 16 small letters, digits and -": "部署名称为 1 至 16 个小写字母、数字或 -",
    "the web address at which passkeys of a new operator's payers may sign, like https://pay.example": (
        "新运营方的付款方可在哪个网址用通行密钥签名，如 https://pay.example"
    ),
    "an origin is like https://pay.example, without a path": "网址形如 https://pay.example，不带路径",
    "a store is sqlite or postgres": "存储只能是 sqlite 或 postgres",
    # operator
    "makers whose word on where keys live is believed: add, list, remove": (
        "管理受信任的厂商（证明密钥存放位置）：add 添加、list 列出、remove 移除"
    ),
    "add, list or remove": "add 添加、list 列出或 remove 移除",
    "the root certificate (PEM); its SHA-256 to remove it": "根证书文件（PEM）；移除时为其 SHA-256",
    "what the maker is called": "厂商名称",
    "for keys of which kind it vouches": "可证明哪一类密钥",
    "how you made sure who a payer is": "登记如何核实付款人的身份",
    "who a payer is, as far as it was checked, and where its keys live": "付款人的身份核实情况及其密钥的存放位置",
    "how you made sure who the payer is": "如何核实付款人的身份",
    "by which paper or number; kept encrypted": "核实所依据的证件或编号，加密保存",
    "six digits that are needed beside the code, to be told another way": "附加六位口令，须以另一种方式告知",
    "a new payer and the code for its first device": "登记新付款人，并给出首台设备的开通码",
    "a new payee and the code for its first terminal": "登记新收款方，并给出首台终端的开通码",
    "another code: a payer's new phone, or one more terminal of a payee": (
        "再发一个开通码：付款人换手机，或收款方加终端"
    ),
    "add money to a payer's free balance, or to the guarantee pool": "为付款人的可用余额或担保池充值",
    "a payer's phone is lost: suspend its allowances at once, sign it out": "付款人手机丢失：立即停用其额度并登出设备",
    "every payer with what is free and what is set aside": "全部付款人及其可用与预留的钱",
    "every payee with its balance and what waits": "全部收款方及其余额与待定的钱",
    "take the files of a terminal that has no network, write answers": "受理断网终端导出的文件，并写出答复文件",
    "who was convicted of signing two contradictory statements, with the proofs": (
        "谁被证实签署了两份互相矛盾的凭证，附证据"
    ),
    "what is kept of people, why, how long, and whose names are due": "留存哪些个人信息、为何、多久，以及谁的名称到期",
    "erase somebody's name and words for good; the books stay whole": "永久抹除某人的名称与文字；账目保持完整",
    "who signs in to the console: add, list, role, reset, remove": "谁可以登录控制台：添加、列出、改角色、重置、移除",
    "add somebody, list all, give another role, reset password and codes, or remove somebody": (
        "add 添加、list 列出、role 更改角色、reset 重置密码与验证码、remove 移除"
    ),
    "the name to sign in with, like lin or zhao.wei": "登录用的名称，如 lin 或 zhao.wei",
    "what this person may do": "此人可以做什么",
    "erase all names and words that are due": "抹除所有到期的名称与文字",
    "seal names and words under a new key, while the server runs": "换用新密钥加密名称与文字，服务器可照常运行",
    "go on where an earlier run was cut short; no new key": "从上次中断处继续，不生成新密钥",
    "remove old keys that nothing in the books needs any more": "移除账目不再需要的旧密钥",
    "the books, what is at stake, and convictions": "账目、风险敞口与违约证据",
    "end allowances whose deadline D has passed, now": "立即了结截止日 D 已过的额度",
    "copy --home while its server runs, verified; root keys are never copied": (
        "在服务器运行时复制 --home 并核对；绝不复制根密钥"
    ),
    "a folder that is not there yet": "尚不存在的文件夹",
    "private keys and tokens, too: whoever holds them can issue money": "连同私钥与令牌：持有者可以发行资金",
    "bring the books to a version, up or down, while no server runs": "在服务器停止时，把账目升级或退回到某一版本",
    "which version (default: this program's newest)": "哪个版本（默认：本程序的最新版本）",
    "going down: what only newer versions hold may go for good": "退回时：仅新版本才有的数据可以永久丢弃",
    "going down: names and words may stand unencrypted in the books": "退回时：名称与文字可以明文保存在账目中",
    "default: the server that runs on --home": "默认：--home 上运行的服务器",
    "the administrator's token; default: from --home": "管理员令牌文件；默认取自 --home",
    "what the payer is called": "付款人的名字",
    "money to begin with, like 100.00": "起始充值，如 100.00",
    "default: the operator's own": "默认：运营方自己的",
    "what wallets show, at most 23 bytes": "钱包上显示的名称，最多 23 字节",
    "a payer's id, or the word pool": "付款人编号，或写 pool 表示担保池",
    "like 100.00": "如 100.00",
    "the key of an earlier try whose answer was lost": "先前未收到答复的那次所用的键",
    "the payer's id": "付款人编号",
    "go on behind this id, the last one shown": "从此编号之后继续（上次显示的最后一个）",
    "made by: feiqian terminal export": "由 feiqian terminal export 生成",
    "write the proofs and a trust file to check them with": "写出证据，以及用来核验的信任文件",
    "as if it were this time; trial deployments only": "按此时刻处理；仅限试验环境",
    "an id is 16 hexadecimal digits": "编号为 16 位十六进制数字",
    "a key is 16 to 64 letters, digits, - or _": "键为 16 至 64 个字母、数字、- 或 _",
    "not an instant like 2026-11-22T10:00:00Z": "不是 2026-11-22T10:00:00Z 这样的时刻",
    # simulate
    "play whole worlds from a seed and check that every promise is kept": (
        "用一个种子推演完整的世界，检验每项承诺是否兑现"
    ),
    "the first seed; it decides everything": "起始种子，决定一切",
    "payments tried in each world": "每个世界尝试多少笔付款",
    "go on with N+1, ... for 30s, 10m, 2h": "继续推演 N+1……，时长如 30s、10m、2h",
    "real, or recorded ones: no curve, devices without tables; one seed in ten is then played both ways": (
        "真实签名；或记录签名，不做椭圆曲线运算，设备也不用数据表，每十个种子有一个两种方式各推演一遍"
    ),
    "worlds played at once; default: one for each core": "同时推演几个世界，默认每个核心一个",
    "go on with N+1, ... for K seeds in all": "继续推演 N+1……，共 K 个种子",
    # audit
    "check an operator's audit log, check a proof from it, or witness it": "核对运营方的审计日志、核验其证明，或作见证",
    "the whole log of --home against the books, or with FILE one proof with no network": (
        "将 --home 的整本日志与账目核对；给出 FILE 则离线核验一份证明"
    ),
    "see that somebody's log has only grown since the last time, and cosign its state": (
        "确认某方的日志自上次以来只增未改，并为其状态副署"
    ),
    "a proof, as audit-proof writes it": "证明文件，由 audit-proof 写出",
    "the log's key and the witnesses that are believed": "日志密钥与所信任的见证方",
    "default: beside the proof, if it is there": "默认：证明文件旁边的那份（若有）",
    "this witness's private key": "此见证方的私钥文件",
    "make a key of this name if there is no file F yet": "若文件 F 尚不存在，则以此名称生成密钥",
    "the log's key (default: pinned when first seen)": "日志密钥（默认：首次看到时记下）",
    "prove that an answered batch is in the operator's audit log": "证明一个已答复的批次在运营方的审计日志中",
    "prove that an allowance is in the operator's audit log": "证明一份额度在运营方的审计日志中",
    "its id (default: answered last)": "批次编号（默认：最近答复的那个）",
    "its first characters (default: the newest)": "编号的开头几个字符（默认：最新的）",
    "a batch's id is 32 hexadecimal digits": "批次编号为 32 位十六进制数字",
    "a witness whose cosignatures the audit log takes from now on": "今后接受其副署的审计日志见证方",
    "take this witness": "接受此见证方",
    "the witness's key, as it publishes it": "见证方公布的密钥",
    "a new --home: payments above this need a one-time code of payers who have an authenticator": (
        "新建 --home 时：有验证器的付款人，超过此金额的付款需要动态验证码"
    ),
    "an amount is like 50 or 12.50": "金额的写法如 50 或 12.50",
    "what makes a payer's one-time codes: add, confirm, remove, list": (
        "付款人的动态验证码来自的验证器：添加、确认、移除、列出"
    ),
    "add one, confirm it by a code (two codes in a row bring it back in step), remove it, or list all": (
        "添加，用验证码确认（连续两个验证码可使其重新同步），移除，或全部列出"
    ),
    "with confirm: the code that it shows now, or two in a row": "确认时：它当前显示的验证码，或连续两个",
    "with add: by time (totp), or by a button (hotp); default totp": "添加时：按时间 totp 或按按钮 hotp；默认 totp",
    "payments whose one-time code was wrong or used before": "动态验证码错误或已用过的付款",
    "keep the keys of a new --home in a PKCS#11 token; its PIN is in --pin-file": (
        "把新建 --home 的密钥放在 PKCS#11 令牌中；其 PIN 由 --pin-file 给出"
    ),
    "the PKCS#11 library of its maker": "令牌厂商提供的 PKCS#11 库文件",
    "the token's label": "令牌的名称",
    # verify, ledger, bench
    "a fork proof: did one party sign two contradictory statements?": "分叉证据：某一方是否签署了两份互相矛盾的凭证？",
    "the fork proof": "分叉证据文件",
    "whom to believe (a trust file)": "信任依据（信任文件）",
    "derive every balance anew from the postings and name each difference": "由分录重新算出每个余额，并列出每处差异",
    "what a check costs, against one bare signature": "一次验证的开销，与一次裸验签相比",
    "bytes and QR version of every message": "每种消息的字节数与二维码版本",
    "payments settled, against bare signatures": "结算速度，与裸验签相比",
    "single claims from one and several clients": "单个与多个客户端逐笔上传",
    "a shorter run, on empty books only": "缩短测量，仅测空账目",
    "the web apps, from pay to green, in a browser": "网页应用，从付款到变绿，在浏览器中实测",
    "camera frames that the web apps read, in a browser": "网页应用能读出的摄像头画面，在浏览器中实测",
    "a tap, from touch to green, at a virtual reader": "在虚拟读卡器上测量从靠近到受理的时间",
    "sqlite or postgres": "sqlite 或 postgres",
    "a shorter run": "缩短测量",
    **KEY_TEXTS,
}

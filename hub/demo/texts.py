"""What the demo says, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping

from hub.cli.texts import Language


def text(language: Language, key: str, /, **values: object) -> str:
    """Return a text with its placeholders filled."""
    english, chinese = TEXTS[key]
    return (chinese if language is Language.ZH else english).format(**values)


#: Key → English, Chinese.
TEXTS: Mapping[str, tuple[str, str]] = {
    "starting": (
        "Starting CRM, ERP, WMS and the hub in {folder} …",
        "正在 {folder} 启动 CRM、ERP、WMS 与守诺中枢……",
    ),
    "installing": (
        "The first start of the real ERP installs it and fills its database: two to four minutes.",
        "首次启动真实 ERP 需要安装并填充数据库，约两到四分钟。",
    ),
    "inbox": ("Inbox", "收件箱"),
    "events": ("What happened last", "最近发生的事"),
    "connection": ("connection", "连接"),
    "blocked": ("waiting", "等待"),
    "ready": ("ready", "就绪"),
    "sending": ("sending", "发送中"),
    "in_doubt": ("in doubt", "存疑"),
    "delivered": ("delivered", "已送达"),
    "confirmed": ("confirmed", "已核实"),
    "dead": ("dead", "死信"),
    "asked.plain": ("asked for and approved", "已提交并批准"),
    "asked.duplicate": ("approved; its webhooks come twice", "已批准；回调重复发送"),
    "asked.revised": ("approved; will be changed later", "已批准；稍后变更"),
    "asked.erp_answer_lost": (
        "approved; the ERP does it and the answer is lost",
        "已批准；ERP 已执行但应答丢失",
    ),
    "asked.refused": ("approved, with a product the ERP does not know", "已批准；ERP 无此产品"),
    "asked.revoked": ("approved; will be revoked later", "已批准；稍后撤销"),
    "asked.wms_down": ("approved; the warehouse fails for a while", "已批准；仓库系统一度故障"),
    "asked.late_level": ("one level has not decided yet", "尚缺一级审批"),
    "asked.auto_passed": (
        "one level was passed by the workflow: waits for a person",
        "有一级由流程自动通过：等待人工",
    ),
    "asked.reordered": ("approved; its webhooks come in the wrong order", "已批准；回调乱序到达"),
    "asked.shipped_early": (
        "approved; the warehouse ships before it answers",
        "已批准；仓库未应答先发货",
    ),
    "changed.revised": ("changed after delivery, and approved again", "送达后变更，并重新批准"),
    "changed.revoked": ("revoked after delivery", "送达后撤销"),
    "changed.late_level": ("the last level has decided", "最后一级已审批"),
    "shipped": ("the warehouse ships it", "仓库发货"),
    "record.waiting": ("the hub waits for an approval", "中枢等待审批"),
    "record.planned": ("the hub plans its deliveries", "中枢安排投递"),
    "record.revoked": ("the hub takes it back", "中枢开始撤回"),
    "delivery.attempted": ("{connection}, {call}: {outcome}", "{connection}，{call}：{outcome}"),
    "delivery.dead": (
        "{connection}: {reason}, a person has to decide",
        "{connection}：{reason}，需要人工决定",
    ),
    "verdict.fine": (
        "{accepted} webhooks taken, {deliveries} deliveries, {delivered} delivered, {confirmed} "
        "read back and confirmed. Lost: 0. Applied twice: 0. {seconds} s.",
        "接收回调 {accepted} 次，投递 {deliveries} 次，送达 {delivered}，读回核实 {confirmed}。"
        "丢失：0。重复执行：0。用时 {seconds} 秒。",
    ),
    "verdict.ignored": (
        "{ignored_duplicates} webhooks came again and were ignored; {dead} delivery was refused "
        "by the ERP and waits for a person.",
        "{ignored_duplicates} 次重复回调已忽略；{dead} 次投递被 ERP 拒绝，等待人工处理。",
    ),
    "verdict.wrong": (
        "Not as it should be (lost {lost}, applied twice {applied_twice}):",
        "与预期不符（丢失 {lost}，重复执行 {applied_twice}）：",
    ),
    "story": ("The whole story of {number}:", "{number} 的完整经过："),
    "next": ("Try, in another terminal:", "请在另一个终端尝试："),
    "leave": (
        "The demo goes on until Ctrl-C; then {folder} is removed (--keep DIR keeps one).",
        "演示持续到按下 Ctrl-C，随后删除 {folder}（--keep 目录 可保留）。",
    ),
    "kept": (
        "The demo goes on until Ctrl-C; {folder} is kept: `hub demo up {folder}`.",
        "演示持续到按下 Ctrl-C；{folder} 将保留：`hub demo up {folder}`。",
    ),
    "up": (
        "The far ends of {folder} are up: {addresses}. Ctrl-C ends them. Start the hub with "
        "`hub --config {folder}/hub.yaml run`.",
        "{folder} 的各系统已启动：{addresses}。按 Ctrl-C 结束。用 "
        "`hub --config {folder}/hub.yaml run` 启动中枢。",
    ),
    "no_server": (
        "--erp {given}: only the ERP's own connector can run the real product: {known}.",
        "--erp {given}：只有 ERP 自己的连接器可运行真实产品：{known}。",
    ),
}

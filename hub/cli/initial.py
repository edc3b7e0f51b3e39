"""The files `hub init` writes."""

from __future__ import annotations

SETTINGS = """\
# Accord Hub. Changes take effect when the hub is started again.
# 守诺中枢的配置；修改后重启生效。
tenant: {tenant}                # short name of the company, part of document numbers 公司简称
store: sqlite:///hub.db         # or postgresql+psycopg://hub:${{env:DB_PASSWORD}}@host/hub
keys: hub.key                   # the master key: keep a copy in a safe place 主密钥，请妥善备份
mappings_folder: mappings       # your own mappings and routes 自有映射与路由
# people.yaml beside this file says who may do what; without it whoever may use this account may
# do everything: see docs/how-to/people.md
# 同目录的 people.yaml 规定谁可以做什么；没有它，凡能使用本账户者均可执行一切操作
web:
  host: 127.0.0.1               # where webhooks are taken 接收回调的地址
  port: 8080
{connections}"""

NO_CONNECTIONS = """\
# One entry per account of a system; `hub connector list` shows what there is,
# `hub connector describe NAME` its settings. Secrets only as ${env:NAME} or ${file:PATH}.
# 每个系统账号一项；密钥只写 ${env:NAME} 或 ${file:PATH}。
connections: {}
"""

#: The three connections the shipped routes speak of.
EXAMPLE_CONNECTIONS = """\
connections:
  crm:
    connector: lowcode
    api_key: ${env:CRM_API_KEY}
    webhook_secret: ${env:CRM_WEBHOOK_SECRET}
    app_id: your-app-id
    forms:
      commitment: {entry_id: your-form-id}
    # a stream that is polled needs its form above 每个轮询的数据流都要有对应表单
    poll: {every: 5m, streams: [commitment]}
  erp:
    connector: tryton
    base_url: http://127.0.0.1:8000
    database: tryton
    username: hub
    password: ${env:ERP_PASSWORD}
  wms:
    connector: qimen
    base_url: https://wms.example.com/router
    app_key: your-app-key
    secret: ${env:WMS_SECRET}
    customer_id: your-customer-id
    owner_code: your-owner-code
    warehouse_code: your-warehouse
"""

README = """\
# Your mappings and routes

Every `.yaml` file here is read, in any folder. A mapping or route of the same *name* takes the
place of the shipped one; `hub map list` shows where each comes from.

- `hub map check` finds every fault, with file, line and column.
- `hub map test` runs the examples that stand in the files.

# 自有映射与路由

此处任意子文件夹中的 `.yaml` 文件都会被读取。与随附文件*同名*的映射或路由将取而代之；
`hub map list` 显示各自来源。

- `hub map check`：检查全部错误，给出文件、行、列。
- `hub map test`：运行文件中自带的示例。
"""

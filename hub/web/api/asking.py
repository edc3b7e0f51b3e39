"""What a gate answers to somebody who asks before something happens, such as a form."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path

from hub.flow import decisions
from hub.language import say
from hub.web.api import answers, inputs, outputs, values
from hub.web.api.calls import Calling, ExactRoute, unknown

router = APIRouter(prefix="/decisions", tags=["decisions"], route_class=ExactRoute)

Gate = Annotated[values.Word, Path(description="Name of the gate. 关卡名称。")]


@router.post("/{gate}", summary="Ask a gate · 询问关卡", responses=answers.ONE)
async def ask_gate(call: Calling, gate: Gate, asked: inputs.Question) -> outputs.Answer:
    """Allow, hold or deny, within 700 ms; otherwise what the gate says for that case.

    700 毫秒内答复放行、扣住或拒绝；来不及时按关卡的 `unavailable` 答复。
    """
    if gate not in call.flow.bundles.active.gates:
        raise unknown(say("gate"), gate, sorted(call.flow.bundles.active.gates))
    given = asked.model_dump(exclude_none=True)
    answer = await decisions.decide(call.flow, gate, given, call.actor)
    return outputs.Answer.model_validate(asdict(answer))

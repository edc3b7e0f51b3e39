"""Shipped to authors of connectors: simulator base, fixed clock, contract suite."""

from __future__ import annotations

from hub.testing.clock import FixedClock
from hub.testing.simulator import Fault, Simulator, SimulatorTransport, count_effects

__all__ = ["Fault", "FixedClock", "Simulator", "SimulatorTransport", "count_effects"]

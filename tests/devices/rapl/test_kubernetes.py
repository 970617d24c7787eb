"""Annotations on the node, and the prices that go into them."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
import os
from pathlib import Path
import ssl

import aiohttp
import pytest

from custom_components.power_steward.devices.errors import (
    AnswerNotUnderstood,
    CannotConnect,
    CertificateInvalid,
    ClientError,
    CredentialsRejected,
    NotPermitted,
    RequestRefused,
)
from custom_components.power_steward.devices.rapl import files
from custom_components.power_steward.devices.rapl.kubernetes import Kubernetes
from homeassistant.core import HomeAssistant
from homeassistant.util import dt as dt_util

from ...simulators.kubernetes import KubernetesSimulator
from ...simulators.rapl import Host
from ...simulators.winpower import ManualClock
from .conftest import Add

W = 1_000_000


@pytest.fixture
async def cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[KubernetesSimulator]:
    """Return a cluster that Home Assistant runs in a pod of."""
    async with KubernetesSimulator() as simulator:
        simulator.mount(tmp_path)
        monkeypatch.setattr(files, "_ACCOUNT", tmp_path)
        for name, value in simulator.environment.items():
            monkeypatch.setitem(os.environ, name, value)
        yield simulator


async def wait_for(hass: HomeAssistant) -> None:
    """Let the background task end."""
    await hass.async_block_till_done(wait_background_tasks=True)


async def test_annotations(
    hass: HomeAssistant,
    add: Add,
    host: Host,
    rapl_clock: ManualClock,
    cluster: KubernetesSimulator,
) -> None:
    """The node says what is in force, as the predecessor writes it, and nothing stale."""
    start = dt_util.utcnow().replace(minute=0, second=0, microsecond=0)
    slot = {
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "price": 0.095689,
        "volume": 68.25,
    }
    attributes = {"data": [slot], "unit_of_measurement": "EUR/kWh"}
    hass.states.async_set("sensor.price", "1", attributes)
    entry = await add(
        kubernetes={"annotate": True}, prices={"price_entity": "sensor.price"}
    )
    await wait_for(hass)
    label = dt_util.as_local(start)
    until = (label + timedelta(hours=1)).strftime("%H:%M").replace("00:00", "24:00")
    updated = cluster.annotations.pop("rapl/last-update")
    assert datetime.fromisoformat(updated).tzinfo is not None
    assert cluster.annotations == {
        "other/annotation": "stays",
        "power-manager/initialized": "kcas-power-manager",
        "rapl/max_power_uw": "28000000",
        "rapl/pmax": "28000000",
        "rapl/provider": "sensor.price",
        "rapl/market-period": f"{label:%H:%M}-{until}",
        "rapl/market-price": "95.69",
        "rapl/market-volume": "68.2",
    }
    assert cluster.calls == ["GET", "PATCH"]
    rapl_clock.advance(30)
    await entry.runtime_data.async_refresh()
    await wait_for(hass)
    assert cluster.calls == ["GET", "PATCH"]
    host.zone("package-0").constraint("long_term").value = 20 * W
    hass.states.async_set("sensor.price", "1", {"data": []})
    await wait_for(hass)
    assert cluster.calls[-1] == "PATCH"
    assert "rapl/market-price" not in cluster.annotations
    assert cluster.annotations["rapl/pmax"] == "20000000"
    rapl_clock.advance(301)
    await entry.runtime_data.async_refresh()
    await wait_for(hass)
    assert len(cluster.calls) == 4
    state = hass.states.get("binary_sensor.processor_power_node_annotations")
    assert state is not None and state.state == "off"


async def test_initialized_before(
    add: Add, hass: HomeAssistant, cluster: KubernetesSimulator
) -> None:
    """What a node was once given as its reference stays."""
    cluster.annotations["power-manager/initialized"] = "kcas-power-manager"
    cluster.annotations["rapl/max_power_uw"] = "50000000"
    await add(kubernetes={"annotate": True, "node": "node-1"})
    await wait_for(hass)
    assert cluster.annotations["rapl/max_power_uw"] == "50000000"
    assert cluster.annotations["rapl/provider"] == "none"


async def test_cluster_down(
    hass: HomeAssistant,
    add: Add,
    rapl_clock: ManualClock,
    cluster: KubernetesSimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A cluster that refuses is told once, and does not disturb anything else."""
    cluster.status = 403
    entry = await add(kubernetes={"annotate": True})
    await wait_for(hass)
    for status in (403, None):
        cluster.status = status
        rapl_clock.advance(301)
        await entry.runtime_data.async_refresh()
        await wait_for(hass)
    assert caplog.text.count("annotations are not written") == 1
    assert caplog.text.count("annotations are written again") == 1
    assert cluster.annotations["rapl/pmax"] == "28000000"


async def test_outside_a_cluster(hass: HomeAssistant, add: Add) -> None:
    """Without an account there is a warning and no more."""
    entry = await add(kubernetes={"annotate": True})
    await wait_for(hass)
    assert entry.runtime_data.hub().annotations_failed is True  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, None, CredentialsRejected),
        (403, None, NotPermitted),
        (404, None, RequestRefused),
        (302, None, RequestRefused),
        (200, "no JSON", AnswerNotUnderstood),
        (200, "[" * 100_000, AnswerNotUnderstood),
        (200, " " * 5_000_000 + "{}", AnswerNotUnderstood),
        (200, "[]", AnswerNotUnderstood),
        (200, "{}", AnswerNotUnderstood),
        (200, '{"metadata": {"annotations": 3}}', AnswerNotUnderstood),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_refusals(
    cluster: KubernetesSimulator,
    status: int,
    body: str | None,
    error: type[ClientError],
) -> None:
    """Each answer that is none is the right error of the house."""
    cluster.status, cluster.body = status, body
    async with aiohttp.ClientSession() as session:
        kubernetes = Kubernetes(session, cluster.environment, cluster.node)
        with pytest.raises(error):
            await kubernetes.annotations(files.service_account())


async def test_no_way(cluster: KubernetesSimulator) -> None:
    """Nowhere to go, a stranger's certificate, and nobody listening."""
    account = files.service_account()
    async with aiohttp.ClientSession() as session:
        with pytest.raises(CannotConnect):
            await Kubernetes(session, {}, "node").annotations(account)
        strange = files.Account("x", ssl.create_default_context())
        kubernetes = Kubernetes(session, cluster.environment, cluster.node)
        with pytest.raises(CertificateInvalid):
            await kubernetes.annotations(strange)
        nobody = {**cluster.environment, "KUBERNETES_SERVICE_PORT": "1"}
        with pytest.raises(CannotConnect):
            await Kubernetes(session, nobody, "node").annotations(account)

"""VerticalPodAutoscalers: read as Kubernetes reads them, and bounds on the cores that they recommend."""

import pytest

from ipagym.agents.autoscalers.vpa import VpaSettings, vpa
from ipagym.agents.autoscalers.vpa_rule import Recommendation, capped
from ipagym.system.errors import InputError
from tests.agents.reading import changed, control
from tests.agents.test_autoscalers import cores_over_time

WHOLE = """
apiVersion: autoscaling.k8s.io/v1
kind: VerticalPodAutoscaler
metadata: {name: crop-vpa}
spec:
  targetRef: {apiVersion: apps/v1, kind: Deployment, name: crop}
  updatePolicy: {updateMode: Recreate, minReplicas: 1}
  resourcePolicy:
    containerPolicies:
    - {containerName: server, minAllowed: {cpu: 500m, memory: 1Gi}, maxAllowed: {cpu: 3, memory: 4Gi}, controlledValues: RequestsOnly}
    - {containerName: istio-proxy, mode: "Off"}
"""  # noqa: E501
BARE = WHOLE[: WHOLE.index("  updatePolicy")]


def test_a_vertical_autoscaler_is_read_as_kubernetes_reads_it() -> None:
    found = control(WHOLE)
    assert found.settings == VpaSettings(update="updater", min_replicas=1, least_cores=0.5, most_cores=3.0)
    assert (found.target, found.target_path, found.knob) == ("crop", "spec.targetRef.name", "cores")
    assert found.notes == (
        "m0.yaml: document 1: VerticalPodAutoscaler crop-vpa: ignored: memory (it is no knob here), "
        "controlledValues (there are no limits beside requests)",
    )


def test_without_a_policy_it_has_the_updaters_defaults_and_says_so() -> None:
    found = control(BARE)
    assert found.settings == VpaSettings(update="updater", min_replicas=2)
    assert "leaves stages with one replica alone" in found.notes[0]


@pytest.mark.parametrize(
    ("change", "update"),
    [
        (("updateMode: Recreate", "updateMode: Auto"), "updater"),
        (("updateMode: Recreate", "updateMode: InPlaceOrRecreate"), "updater"),
        (("updateMode: Recreate", "updateMode: InPlace"), "updater"),
        (("updateMode: Recreate", 'updateMode: "Off"'), "off"),
        (("containerName: server,", 'containerName: "*", mode: "Off",'), "off"),
    ],
)
def test_modes(change: tuple[str, str], update: str) -> None:
    found = control(changed(WHOLE, *change))
    assert isinstance(found.settings, VpaSettings)
    assert found.settings.update == update
    assert any("is off" in note for note in found.notes) == (update == "off")


@pytest.mark.parametrize(
    ("policies", "most"),
    [
        ("[{containerName: '*', maxAllowed: {cpu: 2}}]", 2.0),
        ("[{containerName: '*', maxAllowed: {cpu: 2}}, {containerName: server, maxAllowed: {cpu: 4}}]", 4.0),
        ("[{containerName: a, maxAllowed: {cpu: 2}}, {containerName: crop, maxAllowed: {cpu: 4}}]", 4.0),
        ("[{containerName: a, maxAllowed: {cpu: 0}}]", float("inf")),
        ("[{containerName: '*', controlledResources: [cpu]}]", float("inf")),
    ],
)
def test_the_policy_is_that_of_the_container_that_serves(policies: str, most: float) -> None:
    found = control(f"{BARE}  resourcePolicy: {{containerPolicies: {policies}}}\n")
    assert isinstance(found.settings, VpaSettings)
    assert found.settings.most_cores == most


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("updateMode: Recreate", "updateMode: Initial"), "updateMode: Initial has no counterpart.*give Recreate"),
        (("updateMode: Recreate", "updateMode: Always"), "spec.updatePolicy.updateMode: 'Always'"),
        (("updateMode: Recreate", "updateMode: Off"), "spec.updatePolicy.updateMode: False"),
        (("updateMode: Recreate, ", ""), "spec.updatePolicy.updateMode: "),
        (("containerName: istio-proxy, ", ""), "containerPolicies.1.containerName: "),
        (("minReplicas: 1}", "minReplicas: 0}"), "spec.updatePolicy.minReplicas: 0"),
        (("minReplicas: 1}", "evictionRequirements: [{}]}"), "evictionRequirements: is not simulated: remove it"),
        (("minAllowed: {cpu: 500m", "minAllowed: {cpu: 5"), r"Policies.0.maxAllowed.cpu: must be minAllowed \(5\)"),
        (("minAllowed: {cpu: 500m", "minAllowed: {cpu: -1"), "containerPolicies.0.minAllowed.cpu: must be 0 or more"),
        (("minAllowed: {cpu: 500m", "minAllowed: {cpu: half"), "minAllowed.cpu: 'half' is not a quantity"),
        (("controlledValues: RequestsOnly", "controlledResources: [memory]"), "controlledResources: has no cpu"),
        (("controlledValues: RequestsOnly", "controlledResources: [gpu]"), "controlledResources.0: 'gpu'"),
        ((', mode: "Off"', ""), "several containers .server, istio-proxy., and a stage has one: switch the others off"),
        (("containerName: istio-proxy", "containerName: server"), "'server' appears twice"),
        (("  updatePolicy", "  recommenders: [{name: a}]\n  updatePolicy"), "is not simulated"),
        (("  updatePolicy", "  updatePolice"), "spec.updatePolice: .*did you mean updatePolicy"),
        (("k8s.io/v1\n", "k8s.io/v1beta1\n"), "is not read of a VerticalPodAuto.*: give it as"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused_in_a_line(change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=f"^m0.yaml: document 1: .*{message}") as refused:
        control(changed(WHOLE, *change))
    assert "\n" not in str(refused.value)


def test_fields_about_memory_have_no_effect_and_a_line_says_so() -> None:
    more = changed(WHOLE, "minReplicas: 1}", "minReplicas: 1, evictAfterOOMSeconds: 60}")
    found = control(changed(more, "controlledValues: RequestsOnly", "memoryAggregationIntervalCount: 4"))
    assert found.settings == control(WHOLE).settings
    assert "memoryAggregation… (memory is no knob here), evictAfterOOMSeconds" in found.notes[0]


def test_what_is_recommended_stays_within_its_bounds() -> None:
    wanted = Recommendation(target=2.0, lower=0.5, upper=9.0)
    assert capped(wanted, 1.0, 4.0) == Recommendation(target=2.0, lower=1.0, upper=4.0)
    assert capped(wanted, 3.0, 4.0) == Recommendation(target=3.0, lower=3.0, upper=4.0)
    assert capped(wanted, 0.0, float("inf")) == wanted
    idle, busy = [0.1] * 60, [4.0] * 60
    assert cores_over_time(vpa(VpaSettings(time_scale=144.0)), idle, start=4)[-1] == 1
    assert cores_over_time(vpa(VpaSettings(time_scale=144.0, least_cores=1.5)), idle, start=4)[-1] == 2
    assert cores_over_time(vpa(VpaSettings(time_scale=144.0, most_cores=2.0)), busy, start=1)[-1] == 2
    with pytest.raises(InputError, match="least_cores must be in"):
        VpaSettings(least_cores=3.0, most_cores=2.0)

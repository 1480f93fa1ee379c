"""agglo from Python: the calls a planning platform makes, with stubs generated from proto/."""

import hashlib
import json
import os
import pathlib
import subprocess

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

ROOT = pathlib.Path(__file__).resolve().parents[2]
MUNNELL = (ROOT / "data/munnell.csv").read_bytes()
FORMULA = "ln(gsp) ~ ln(public_capital) + ln(private_capital) + ln(employment) + unemployment | state + year"


def upload(stubs, dataset_id, data=MUNNELL, finish=True):
    pb = stubs("dataset_service_pb2")
    common = stubs("common_pb2")
    schema = common.DatasetSchema(region_column="state", period_column="year", attribute_columns=["division"])
    header = pb.ImportHeader(dataset_id=dataset_id, schema=schema, format=pb.DATA_FORMAT_CSV)
    yield pb.ImportDatasetRequest(header=header)
    for start in range(0, len(data), 10_000):
        yield pb.ImportDatasetRequest(chunk=data[start : start + 10_000])
    if finish:
        rows = data.count(b"\n") - 1
        yield pb.ImportDatasetRequest(
            finish=pb.ImportFinish(row_count=rows, sha256=hashlib.sha256(data).hexdigest())
        )


@pytest.fixture(scope="module")
def munnell(stubs, channel):
    datasets = stubs("dataset_service_pb2_grpc").DatasetServiceStub(channel)
    stored = datasets.ImportDataset(upload(stubs, "munnell")).dataset
    assert stored.shape.region_count == 48 and stored.shape.row_count == 816
    return stubs("common_pb2").DatasetSource(name=stored.name)


def test_indices(stubs, channel, munnell):
    pb = stubs("index_service_pb2")
    service = stubs("index_service_pb2_grpc").IndexServiceStub(channel)
    calls = [pb.IndexCall(index="agglomeration", measure="private_capital"), pb.IndexCall(index="nonsense", measure="gsp")]
    answer = service.ComputeIndices(pb.ComputeIndicesRequest(dataset=munnell, indices=calls))
    good, bad = answer.outcomes
    columns = {c.name: c for c in good.result.table.columns}
    values = columns["value"].numbers.values
    assert len(values) == 816
    assert sum(values) / 17 == pytest.approx(48, rel=1e-12), "shares times 48 sum to 48 every year"
    assert bad.WhichOneof("outcome") == "error" and bad.error.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]


def test_gap_and_inference(stubs, channel, munnell):
    pb = stubs("index_service_pb2")
    service = stubs("index_service_pb2_grpc").IndexServiceStub(channel)
    gap = pb.GroupGap(groups="division", first="New England", second="Pacific")
    call = pb.IndexCall(index="theil_t", measure="gsp", gap=gap)
    inference = pb.Inference(method="bootstrap_regions", draws=50, seed=7)
    request = pb.ComputeIndicesRequest(dataset=munnell, indices=[call], inference=inference, last_period="1971")
    result = service.ComputeIndices(request).outcomes[0].result
    columns = {c.name: c.numbers.values for c in result.table.columns}
    for value, lower, upper in zip(columns["total"], columns["total_lower"], columns["total_upper"]):
        assert 0 < lower < upper and value > 0
    sides = {c.name: c.numbers.values for c in result.gap.columns}
    differences = [a - b for a, b in zip(sides["first"], sides["second"])]
    assert list(sides["difference"]) == pytest.approx(differences, rel=1e-12)
    assert result.inference == "bootstrap_regions" and service.ComputeIndices(request).outcomes[0].result == result


def test_fit(stubs, channel, munnell):
    pb = stubs("regression_service_pb2")
    service = stubs("regression_service_pb2_grpc").RegressionServiceStub(channel)
    spec = stubs("model_pb2").ModelSpec(formula=FORMULA, covariance=stubs("model_pb2").Covariance(method="cluster", clusters=["state"]))
    model = service.FitModel(pb.FitModelRequest(dataset=munnell, spec=spec)).models[0]
    estimates = {c.term: c for c in model.coefficients}
    # R fixest 0.14.2, see tests/golden/regression/published.json.
    assert estimates["ln(private_capital)"].estimate == pytest.approx(0.168828035407, abs=1e-11)
    assert estimates["ln(private_capital)"].standard_error == pytest.approx(0.0856798850, abs=1e-9)


def test_forecast(stubs, channel, munnell):
    pb = stubs("forecast_service_pb2")
    regression = stubs("model_pb2")
    policy = stubs("scenario_pb2")
    service = stubs("forecast_service_pb2_grpc").ForecastServiceStub(channel)
    change = policy.Change(measure="private_capital", scale=1.1, regions=["Mississippi"], phase_period_count=3)
    request = pb.ForecastGrowthRequest(
        dataset=munnell,
        spec=regression.ModelSpec(formula="growth(gsp) ~ agglomeration(private_capital) | state + year"),
        horizon=5,
        draws=200,
        seed=7,
        scenarios=[policy.Scenario(name="more capital", changes=[change])],
    )
    answer = service.ForecastGrowth(request)
    assert answer.scenarios[0].pure_reallocation
    assert service.ForecastGrowth(request) == answer, "the same request gives the same answer"


def test_every_violation_is_told_at_once(stubs, channel, munnell):
    pb = stubs("forecast_service_pb2")
    policy = stubs("scenario_pb2")
    service = stubs("forecast_service_pb2_grpc").ForecastServiceStub(channel)
    change = policy.Change(measure="capitol", scale=1.1, regions=["Atlantis"])
    coefficient = pb.GivenCoefficient(term="agglomeration(employment)", estimate=-0.11)
    given = pb.GivenModel(formula="growth(gsp) ~ 0 + agglomeration(employment)", coefficients=[coefficient])
    request = pb.ForecastGrowthRequest(
        dataset=munnell, given=given, horizon=0, draws=-1, scenarios=[policy.Scenario(name="x", changes=[change])]
    )
    with pytest.raises(grpc.RpcError) as refused:
        service.ForecastGrowth(request)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    fields = set()
    for detail in rpc_status.from_call(refused.value).details:
        bad_request = error_details_pb2.BadRequest()
        if detail.Unpack(bad_request):
            fields = {violation.field for violation in bad_request.field_violations}
    assert {"horizon", "draws", "scenarios[0].changes[0].measure", "scenarios[0].changes[0].regions[0]"} <= fields


def test_an_upload_without_finish_leaves_nothing(stubs, channel):
    pb = stubs("dataset_service_pb2")
    datasets = stubs("dataset_service_pb2_grpc").DatasetServiceStub(channel)
    with pytest.raises(grpc.RpcError) as refused:
        datasets.ImportDataset(upload(stubs, "halfway", finish=False))
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    with pytest.raises(grpc.RpcError) as absent:
        datasets.GetDataset(pb.GetDatasetRequest(name="datasets/halfway"))
    assert absent.value.code() == grpc.StatusCode.NOT_FOUND


def test_health_and_reflection(channel):
    answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest())
    assert answer.status == health_pb2.HealthCheckResponse.SERVING
    services = ProtoReflectionDescriptorDatabase(channel).get_services()
    assert "agglo.v1.ForecastService" in services and "grpc.health.v1.Health" in services


def test_buf_curl_over_reflection(address):
    buf = ROOT / os.environ.get("BUF", "target/ci-tools/node/node_modules/.bin/buf")
    if not buf.exists():
        pytest.skip("buf is not installed; set BUF to its path")
    url = f"http://{address}/agglo.v1.CatalogService/ListMethods"
    command = [buf, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "--data", '{"kind": "METHOD_KIND_INDEX"}', url]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert "location_quotient" in [method["id"] for method in answer["methods"]]

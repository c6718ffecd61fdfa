package slidebox.lib.systems_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.systems

test_an_s3_store_and_a_cloud_have_buckets if {
	systems.bucket({"store": "cloud", "system": "anything"}) with input as fixture.facts
	systems.bucket({"store": "bench", "system": "cloud"}) with input as fixture.facts
}

test_every_kind_that_makes_buckets_has_them if {
	every kind in ["s3", "aws", "gcs", "azure"] {
		document := fixture.changed(fixture.facts, ["stores", "bench"], {"kind": kind})
		systems.bucket({"store": "bench", "system": "internal_drive"}) with input as document
	}
}

test_a_drive_and_a_repository_have_none if {
	every place in [{"store": "bench", "system": "internal_drive"}, {"store": "zenodo", "system": "zenodo"}] {
		not systems.bucket(place) with input as fixture.facts
	}
}

test_a_consumer_service_is_not_the_labs_own if {
	not "dropbox" in systems.own
	"local_cluster" in systems.own
	systems.deletion in systems.own
	systems.external_drive in systems.own
}

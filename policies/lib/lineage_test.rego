package slidebox.lib.lineage_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.lineage

test_goes_over_steps_and_projects if {
	document := fixture.added(fixture.facts, ["datasets", "far/bulk_embeddings"], object.union(
		fixture.derived,
		{"project": "far", "parents": [fixture.masks, "other/raw_images"]},
	))
	lineage.of == {
		fixture.raw: {fixture.raw},
		fixture.masks: {fixture.masks, fixture.raw},
		fixture.notes: {fixture.notes},
		"far/bulk_embeddings": {"far/bulk_embeddings", fixture.masks, fixture.raw},
	} with input as document
}

test_ends_in_a_circle if {
	lineage.of[fixture.raw] == {fixture.raw, fixture.masks} with input as fixture.with_dataset(
		fixture.raw,
		{"parents": [fixture.masks]},
	)
}

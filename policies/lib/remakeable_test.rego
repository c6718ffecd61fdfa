package slidebox.lib.remakeable_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.remakeable

public := {"origin": "public", "source": "idr0013"}

test_masks_with_a_complete_step_can_be_made_again if {
	remakeable.again(fixture.masks) with input as fixture.facts
	remakeable.obstacles(fixture.masks) == set() with input as fixture.facts
}

test_raw_images_cannot if not remakeable.again(fixture.raw) with input as fixture.facts

test_what_is_public_and_not_kept_is_fetched_again if {
	every keep, can in {"stream": true, "scratch": true, "copy": false} {
		document := fixture.with_dataset(fixture.raw, object.union(public, {"keep": keep}))
		found := [id | some id in [fixture.raw]; remakeable.again(id)] with input as document
		count(found) == 1 == can
	}
}

test_a_source_has_to_be_named if {
	every source in ["none", "unknown", ""] {
		document := fixture.with_dataset(fixture.raw, {"origin": "public", "source": source})
		not remakeable.public(fixture.raw) with input as document
	}
	remakeable.public(fixture.raw) with input as fixture.with_dataset(fixture.raw, public)
	every origin in ["lab", "academic", "industry"] {
		document := fixture.with_dataset(fixture.raw, {"origin": origin, "source": "idr0013"})
		not remakeable.public(fixture.raw) with input as document
	}
}

test_what_is_not_declared_cannot_be_made_again if {
	not remakeable.again("other/raw_images") with input as fixture.facts
	not remakeable.public("other/raw_images") with input as fixture.facts
}

test_every_obstacle_is_named if {
	document := fixture.with_dataset(fixture.masks, {
		"parents": [fixture.raw, "other/raw_images", fixture.notes],
		"step": {"recorded": true, "missing": ["commit"]},
	})
	remakeable.obstacles(fixture.masks) == {
		"nf1/metadata is not kept either",
		"other/raw_images is not kept either",
		"its step is not completely recorded",
	} with input as fixture.changed(document, ["datasets", fixture.notes], {"keep": "scratch"})
}

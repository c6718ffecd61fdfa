package slidebox.lib.sensitivity_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.sensitivity
import data.slidebox.lib.shape

expert := {"recorded": true, "missing": [], "method": "expert_determination", "identifiers": []}

all_identifiers := [identifier | some identifier in sensitivity.identifiers]

safe_harbor := object.union(expert, {"method": "safe_harbor", "identifiers": all_identifiers})

coded := fixture.with_dataset(fixture.raw, {"sensitivity": "coded"})

recorded(record) := fixture.changed(coded, ["datasets", fixture.masks], {"deidentification": record})

profiles := "far/bulk_embeddings"

# Profiles of another project, made from the masks.
with_profiles(document, change) := fixture.changed(document, ["datasets"], {profiles: object.union(
	fixture.derived,
	object.union({"project": "far", "level": "bulk_embeddings", "parents": [fixture.masks]}, change),
)})

test_there_are_eighteen_identifiers if count(sensitivity.identifiers) == 18

test_every_word_has_its_rank if {
	every i, word in sensitivity.by_rank { sensitivity.rank[word] == i }
	count(sensitivity.rank) == count(sensitivity.by_rank)
}

test_data_are_as_sensitive_as_they_are_declared if {
	sensitivity.effective == {
		fixture.raw: "open",
		fixture.masks: "open",
		fixture.notes: "open",
	} with input as fixture.facts
}

test_what_is_made_from_them_is_as_sensitive_over_steps_and_projects if {
	every word in shape.sensitivities {
		sensitivity.effective[profiles] == word with input as with_profiles(
			fixture.with_dataset(fixture.raw, {"sensitivity": word}),
			{},
		)
	}
}

test_the_gravest_of_all_parents_counts if {
	document := with_profiles(coded, {"parents": [fixture.masks, "elsewhere/raw_images"]})
	sensitivity.effective[profiles] == "unknown" with input as document
	identifiable := fixture.changed(document, ["datasets", fixture.masks], {"sensitivity": "identifiable"})
	sensitivity.effective[profiles] == "identifiable" with input as identifiable
}

test_a_complete_deidentification_cuts_the_way if {
	every record in [expert, safe_harbor] {
		sensitivity.effective == {
			fixture.raw: "coded",
			fixture.masks: "open",
			fixture.notes: "open",
			profiles: "open",
		} with input as with_profiles(recorded(record), {})
	}
}

test_a_record_that_lacks_anything_cuts_nothing if {
	every change, lacking in {
		{"recorded": true, "missing": ["by", "date"]}: "by, date are not recorded",
		{"recorded": true, "method": "none", "missing": ["method"]}: "method is not recorded",
		{"recorded": true, "method": "none"}: "method is not recorded",
		{"method": "none", "identifiers": all_identifiers}: "method is not recorded",
		{"recorded": true, "missing": ["evidence"], "method": "safe_harbor"}: "evidence is not recorded",
		{"method": "safe_harbor", "identifiers": [other |
			some other in sensitivity.identifiers
			not other in {"device", "url"}
		]}: "a safe harbor removes eighteen identifiers, and device, url are not named",
	} {
		document := recorded(object.union(expert, change))
		sensitivity.effective[fixture.masks] == "coded" with input as document
		sensitivity.deidentified == set() with input as document
		sensitivity.incomplete == {fixture.masks: lacking} with input as document
	}
}

test_no_record_is_not_an_incomplete_one if {
	document := recorded(object.union(expert, {"recorded": false}))
	sensitivity.deidentified == set() with input as document
	sensitivity.incomplete == {} with input as document
	sensitivity.incomplete == {} with input as recorded(expert)
}

test_an_own_word_stays_whatever_is_recorded if {
	document := fixture.with_dataset(fixture.raw, {"sensitivity": "identifiable", "deidentification": expert})
	sensitivity.effective[fixture.raw] == "identifiable" with input as document
	sensitivity.effective[fixture.masks] == "identifiable" with input as document
}

test_a_circle_comes_to_an_end if {
	document := fixture.with_dataset(fixture.raw, {"parents": [fixture.masks], "sensitivity": "coded"})
	sensitivity.effective[fixture.raw] == "coded" with input as document
	sensitivity.effective[fixture.masks] == "coded" with input as document
}

test_a_word_that_cannot_be_read_is_unknown if {
	every change in [{"sensitivity": "secret"}, {"sensitivity": 7}, {"parents": "nf1/metadata"}] {
		sensitivity.effective[fixture.raw] == "unknown" with input as fixture.with_dataset(fixture.raw, change)
	}
	absent := json.patch(fixture.facts, [{"op": "remove", "path": ["datasets", fixture.raw, "parents"]}])
	sensitivity.effective[fixture.raw] == "unknown" with input as absent
}

test_what_is_declared_identifiable_stays_so_whatever_else_cannot_be_read if {
	document := fixture.with_dataset(fixture.raw, {"sensitivity": "identifiable", "parents": "nf1/metadata"})
	sensitivity.effective[fixture.raw] == "identifiable" with input as document
}

test_says_what_the_sensitivity_comes_from if {
	document := with_profiles(coded, {"parents": [fixture.masks, "elsewhere/raw_images"]})
	sensitivity.cause(fixture.raw) == "it is declared coded" with input as document
	sensitivity.cause(fixture.masks) == "it comes from nf1/raw_images, which is coded" with input as document
	sensitivity.cause(profiles) == "it comes from elsewhere/raw_images, which is unknown" with input as document
	sensitivity.cause("nowhere/metadata") == "nothing says how sensitive it is" with input as document
}

test_names_all_that_are_as_grave if {
	document := with_profiles(
		fixture.changed(coded, ["datasets", fixture.notes], {"sensitivity": "coded"}),
		{"parents": [fixture.masks, fixture.notes]},
	)
	sensitivity.cause(profiles) == "it comes from nf1/metadata, nf1/raw_images, which is coded" with input as document
}

test_the_way_is_the_shortest_one if {
	document := with_profiles(coded, {"parents": [fixture.masks, fixture.raw]})
	sensitivity.path(profiles) == [[profiles, "open"], [fixture.raw, "coded"]] with input as document
	sensitivity.path(profiles) == [
		[profiles, "open"],
		[fixture.masks, "open"],
		[fixture.raw, "coded"],
	] with input as with_profiles(coded, {})
	sensitivity.path(fixture.raw) == [[fixture.raw, "coded"]] with input as document
}

test_of_ways_of_one_length_the_first_by_name_is_told if {
	document := with_profiles(
		fixture.changed(coded, ["datasets", fixture.notes], {"sensitivity": "coded"}),
		{"parents": [fixture.raw, fixture.notes]},
	)
	sensitivity.path(profiles) == [[profiles, "open"], [fixture.notes, "coded"]] with input as document
}

test_the_way_ends_where_the_word_is_declared if {
	document := fixture.changed(coded, ["datasets", fixture.masks], {"sensitivity": "coded"})
	sensitivity.path(fixture.masks) == [[fixture.masks, "coded"]] with input as document
	sensitivity.path(fixture.masks) == [
		[fixture.masks, "open"],
		["elsewhere/raw_images", "unknown"],
	] with input as fixture.with_dataset(fixture.masks, {"parents": ["elsewhere/raw_images"]})
}

test_the_way_goes_by_a_parent_that_is_as_sensitive if {
	document := with_profiles(coded, {"parents": [fixture.notes, fixture.raw]})
	sensitivity.path(profiles) == [[profiles, "open"], [fixture.raw, "coded"]] with input as document
}

package slidebox.lib.needs_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.needs

wanted(document, id) := {capability | some capability, _ in found} if {
	found := needs.of(id, "mid") with input as document
}

graded(sensitivity) := fixture.with_dataset(fixture.raw, {"sensitivity": sensitivity})

test_open_images_need_versions_and_no_public_door if {
	wanted(fixture.facts, fixture.raw) == {"versioning", "encrypted_transport", "public_access_block"}
}

test_what_is_not_open_is_encrypted_logged_and_closed if {
	wanted(graded("confidential"), fixture.raw) == {
		"versioning",
		"encryption",
		"encrypted_transport",
		"public_access_block",
		"account_public_access_block",
		"access_log",
	}
}

test_data_about_people_need_a_key_of_the_labs_own if {
	every sensitivity in ["coded", "identifiable"] {
		"own_key" in wanted(graded(sensitivity), fixture.raw)
	}
	"own_key" in wanted(fixture.with_dataset(fixture.raw, {"parents": ["other/raw_images"]}), fixture.raw)
}

test_what_is_made_from_them_needs_the_same if {
	document := graded("coded")
	"own_key" in wanted(document, fixture.masks)
	needs.why("own_key", fixture.masks, "mid") == {
		"the data are coded: it comes from nf1/raw_images, which is coded",
	} with input as document
}

test_only_raw_images_that_cannot_be_had_again_need_versions if {
	"versioning" in wanted(fixture.facts, fixture.raw)
	not "versioning" in wanted(fixture.facts, fixture.masks)
	not "versioning" in wanted(fixture.with_dataset(fixture.raw, {"origin": "public"}), fixture.raw)
}

test_what_is_public_in_a_term_needs_no_block_in_it if {
	public := fixture.with_dataset(fixture.raw, {"public_terms": ["mid"]})
	not "public_access_block" in wanted(public, fixture.raw)
	needs.why("public_access_block", fixture.raw, "long") == {
		"it is not declared public in this term",
	} with input as public
}

test_what_is_not_declared_asks_for_nothing_here if {
	wanted(fixture.facts, "other/raw_images") == {"public_access_block"}
}

test_a_lack_and_a_doubt_in_words if {
	needs.lack(false, "own_key") == "the store lacks a key of the lab's own"
	needs.lack("unknown", "access_log") == "nothing says whether the store has a log of who read what"
	needs.in_words("object_lock") == "object lock"
}

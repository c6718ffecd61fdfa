package slidebox.lib.judge_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.lib.judge

info := {
	"id": "topic/rule",
	"severity": "error",
	"cure": "Mend it.",
	"reads": ["facts.now", "dataset.bytes", "location.tags", "store.site", "project.owner"],
}

said := {
	"rule": "topic/rule",
	"severity": "error",
	"subject": "nf1/raw_images",
	"message": "it is broken",
	"path": [],
	"cure": "Mend it.",
	"wants": "",
	"waived": "",
}

test_a_rule_finds_its_own_words if {
	words := {"title": "No shelf", "description": "At all."}
	said := object.union(words, {"custom": info})
	judge.rule([{"annotations": {"scope": "rule"}}, {"annotations": said}]) == object.union(info, words)
	judge.rule([{"annotations": {"custom": info}}]) == object.union(info, {"title": "", "description": ""})
	not judge.rule([{"annotations": {"custom": {"severity": "error"}}}])
}

test_a_finding_says_who_what_and_how_to_mend_it if {
	judge.finding(info, "nf1/raw_images", "it is broken") == said
	judge.graded(info, "warning", "nf1/raw_images", "it is broken") == object.union(said, {"severity": "warning"})
	judge.by(said, ["a", "b"]) == object.union(said, {"path": ["a", "b"]})
	judge.wanting(said, "another_copy") == object.union(said, {"wants": "another_copy"})
}

unknown(subject, message) := object.union(said, {
	"subject": subject,
	"message": sprintf("cannot be judged: %s", [message]),
	"cure": "Say it, or make it readable; what is unknown is not allowed. Mend it.",
})

test_what_is_known_leaves_nothing_unread if {
	judge.unread_datasets(info) == set() with input as fixture.facts
	judge.unread_locations(info) == set() with input as fixture.facts
	judge.unread_of(info, "projects") == set() with input as fixture.facts
}

test_a_field_that_is_read_and_not_known_is_said if {
	document := fixture.with_dataset(fixture.raw, {"bytes": "many", "level": "unknown"})
	judge.unread_datasets(info) == {unknown(fixture.raw, "dataset.bytes is not known")} with input as document
	judge.unread_locations(info) == {
		unknown(fixture.at_bench, "dataset.bytes is not known"),
		unknown(fixture.at_shelf, "dataset.bytes is not known"),
	} with input as document
}

test_several_fields_are_said_together if {
	document := fixture.with_location(fixture.at_bench, {"tags": "none", "store": "lost"})
	judge.unread_locations(object.union(info, {"reads": ["location.tags", "location.store"]})) == {unknown(
		fixture.at_bench,
		"location.store, location.tags are not known",
	)} with input as document
}

test_a_field_that_is_not_read_may_be_unknown if {
	document := fixture.with_dataset(fixture.raw, {"level": "unknown"})
	judge.unread_datasets(info) == set() with input as document
}

test_a_thing_of_another_map_is_named_by_itself if {
	document := fixture.changed(fixture.facts, ["projects", "nf1"], {"owner": "unknown"})
	judge.unread_of(info, "projects") == {unknown("nf1", "project.owner is not known")} with input as document
	judge.unread_of(info, "waivers") == set() with input as document
	service := fixture.changed(fixture.facts, ["services", "backup"], {"owner": "unknown"})
	judge.unread_of(object.union(info, {"reads": ["service.owner"]}), "services") == {unknown(
		"service:backup",
		"service.owner is not known",
	)} with input as service
}

test_a_map_that_is_asked_for_is_missed_whatever_is_read_of_it if {
	reads_nothing := object.union(info, {"reads": []})
	judge.unread_datasets(reads_nothing) == {unknown("facts", "datasets is not known")} with input as {}
	judge.unread_datasets(reads_nothing) == set() with input as fixture.facts
}

test_a_map_or_a_day_that_is_missing_concerns_the_facts if {
	judge.unread_of(info, "locations") == {unknown(
		"facts",
		"datasets, facts.now, locations, projects, stores are not known",
	)} with input as {}
	without_day := object.remove(fixture.facts, ["now"])
	judge.unread_datasets(info) == {unknown("facts", "facts.now is not known")} with input as without_day
	without_waivers := object.remove(fixture.facts, ["waivers"])
	judge.unread_datasets(info) == set() with input as without_waivers
}

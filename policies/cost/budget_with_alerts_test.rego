package slidebox.cost.budget_with_alerts_test

import data.slidebox.cost.budget_with_alerts as rule
import data.slidebox.lib.fixture_test as fixture

budget(change) := fixture.changed(fixture.facts, ["projects", "nf1", "budget"], change)

passes := fixture.facts

refused := budget({"recorded": false, "missing": ["monthly", "alerts", "notify"], "monthly_usd": 0})

test_a_project_has_a_budget if {
	rule.declared_findings == {{
		"rule": "cost/budget_with_alerts",
		"severity": "warning",
		"subject": "nf1",
		"message": "the project has no budget",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_budget_warns_somebody if {
	{finding.message | some finding in rule.declared_findings} == {
		"the budget is not complete: alerts, notify not said",
	} with input as budget({"missing": ["alerts", "notify"]})
	{finding.message | some finding in rule.declared_findings} == {
		"the budget is not complete: notify not said",
	} with input as budget({"missing": ["notify"]})
}

test_a_project_without_data_has_a_budget_that_can_be_read if {
	empty := fixture.added(passes, ["projects", "nf2"], json.remove(fixture.project, ["budget"]))
	[finding.subject | some finding in rule.declared_findings] == ["nf2"] with input as empty
}

test_a_dataset_of_no_project_has_no_budget if {
	lost := fixture.with_dataset(fixture.raw, {"project": "nf3"})
	[finding.subject | some finding in rule.declared_findings] == [fixture.raw] with input as lost
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.declared_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.declared_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.declared_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.declared_findings with input as {}
	count(said) > 0
}

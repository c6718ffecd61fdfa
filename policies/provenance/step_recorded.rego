# METADATA
# scope: package
# title: It is recorded how data were made
# description: >-
#   Every derived level that the lab makes names its parents, and every dataset with parents has a step with
#   repository, commit and date. While the data are worked on the commit and the date may still be open; once they
#   rest they may not. Metadata and pipelines are written by people and have no step.
# custom:
#   id: provenance/step_recorded
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - dataset.level
#     - dataset.origin
#     - dataset.activity
#     - dataset.parents
#     - dataset.step
#     - dataset.source
#     - dataset.agreement
#   cure: Write the step into the project file (repository, commit, date) and name what it was made from.
#   references:
#     - Playbook, section Flow, "how each specific data level was processed at the specific moment in time"
package slidebox.provenance.step_recorded

import data.slidebox.lib.judge
import data.slidebox.lib.shape

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some id, dataset in input.datasets
	made(dataset)
	dataset.step.recorded == false
	finding := judge.finding(info, id, "no step is recorded: nobody could make it again")
}

declared_findings contains finding if {
	some id, dataset in input.datasets
	made(dataset)
	dataset.step.recorded == true
	missing := dataset.step.missing
	count(missing) > 0
	finding := judge.graded(info, severity(dataset), id, sprintf(
		"the step is not complete: %s not recorded",
		[concat(", ", missing)],
	))
}

declared_findings contains finding if {
	some id, dataset in input.datasets
	dataset.level in shape.derived_levels
	count(dataset.parents) == 0
	not obtained(dataset)
	finding := judge.finding(info, id, sprintf("%s come from something, and no parent is named", [dataset.level]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

made(dataset) if {
	count(dataset.parents) > 0
	not dataset.level in {"metadata", "pipelines"}
}

# Somebody else made them, and it is recorded who.
obtained(dataset) if {
	dataset.origin != "lab"
	some key in {"source", "agreement"}
	dataset[key] != "none"
}

severity(dataset) := "warning" if {
	dataset.activity == "active"
	not "repository" in dataset.step.missing
} else := info.severity

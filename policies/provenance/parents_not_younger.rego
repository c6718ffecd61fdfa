# METADATA
# scope: package
# title: What data were made from was there before them
# description: >-
#   No parent was created after the step that made a dataset from it: otherwise it was made from something else than
#   what is recorded. Where a day is not recorded nothing can be compared. A parent that is not declared makes its
#   children's sensitivity unknown, which sharing/derived_as_sensitive_as_parents says.
# custom:
#   id: provenance/parents_not_younger
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live, publish]
#   waivable: true
#   reads:
#     - dataset.parents
#     - dataset.step
#     - dataset.created
#   cure: Correct the days, or record the run that really made the dataset from the newer parent.
#   references:
#     - Playbook, section Flow, "how each specific data level was processed at the specific moment in time"
package slidebox.provenance.parents_not_younger

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some id, dataset in input.datasets
	made := first_of([dataset.step.date, dataset.created])
	some parent in dataset.parents
	there := first_of([input.datasets[parent].created, input.datasets[parent].step.date])
	there > made
	finding := judge.finding(info, id, sprintf("it was made on %s from %s, which is of %s", [made, parent, there]))
}

declared_findings contains finding if some finding in judge.unread_datasets(info)

# The first of some days that is recorded.
first_of(days) := [day | some day in days; day != "none"][0]

# METADATA
# scope: package
# title: Every project has a budget that warns
# description: >-
#   A project says what its storage may cost a month, at which share of it somebody is told, and who. A cost that
#   nobody expected is noticed in days and not at the end of the grant.
# custom:
#   id: cost/budget_with_alerts
#   severity: warning
#   scope: [project]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - project.budget
#   cure: >-
#     Write `budget:` into the project file: `monthly` in US dollars, `alerts` in percent, and `notify`.
#   references:
#     - Playbook, "reducing barriers, unnecessary storage bloat, and cost"
package slidebox.cost.budget_with_alerts

import data.slidebox.lib.judge

info := judge.rule(rego.metadata.chain())

declared_findings contains finding if {
	some name, project in input.projects
	project.budget.recorded == false
	finding := judge.finding(info, name, "the project has no budget")
}

declared_findings contains finding if {
	some name, project in input.projects
	project.budget.recorded == true
	missing := project.budget.missing
	count(missing) > 0
	finding := judge.finding(info, name, sprintf("the budget is not complete: %s not said", [concat(", ", missing)]))
}

declared_findings contains finding if some finding in judge.unread_of(info, "projects")

declared_findings contains finding if some finding in judge.unread_datasets(info)

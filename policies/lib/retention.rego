# METADATA
# scope: package
# title: How long data have to be kept
# description: >-
#   Every clock that applies runs by itself and the longest counts; a hold stops them all. A clock whose beginning
#   is not recorded begins today.
package slidebox.lib.retention

import data.slidebox.lib.calendar
import data.slidebox.lib.sensitivity

# 3 years after the end of the award: 2 CFR 200.334.
days_after_award := 1096

# 6 years for documentation under HIPAA: 45 CFR 164.316(b)(2)(i), 164.530(j).
days_of_documentation := 2192

# METADATA
# title: The last day on which a dataset has to be kept; held, or none
until := {id: day |
	some id, dataset in input.datasets
	day := last(dataset, clocks[id])
}

last(dataset, _) := "held" if dataset.hold != "none"

last(dataset, running) := max([clock.until | some clock in running]) if {
	dataset.hold == "none"
}

last(dataset, running) := "none" if {
	dataset.hold == "none"
	count(running) == 0
}

# METADATA
# title: The clocks of each dataset, with the day on which each runs out and why
clocks := {id: running |
	some id, dataset in input.datasets
	running := of_award(dataset) | {clock(name, dataset, days, why) | some [name, days, why] in terms(id, dataset)}
}

# For how many days a dataset has to be kept from when it was made, and why.
terms(id, dataset) := union({
	of_declaration(dataset),
	of_agreement(dataset),
	of_documentation(id, dataset),
	of_institution(dataset),
})

of_declaration(dataset) := {["declared", days, "retention of the dataset"] |
	days := dataset.retention_days
	is_number(days)
}

of_agreement(dataset) := {["agreement", days, sprintf("agreement %s", [dataset.agreement])] |
	days := input.agreements[dataset.agreement].retention_days
	is_number(days)
}

of_award(dataset) := {{"clock": "funder", "until": day, "why": why} |
	dataset.origin != "public"
	project := input.projects[dataset.project]
	project.grant != "none"
	day := calendar.later(begins(project.grant_ends), days_after_award)
	why := sprintf("three years after award %s ends (2 CFR 200.334)", [project.grant])
}

of_documentation(id, dataset) := {["documentation", days_of_documentation, why] |
	dataset.level == "metadata"
	sensitivity.effective[id] in {"identifiable", "coded", "unknown"}
	why := "documentation of patients' data (45 CFR 164.316(b)(2)(i), 164.530(j))"
}

of_institution(dataset) := {["institution", days, "retention of the lab"] |
	dataset.origin != "public"
	days := input.lab.retention_days
	is_number(days)
}

clock(name, dataset, days, why) := {"clock": name, "until": calendar.later(begins(made(dataset)), days), "why": why}

made(dataset) := dataset.created if dataset.created != "none"

made(dataset) := dataset.step.date if dataset.created == "none"

begins(day) := day if day != "none"

begins("none") := input.now

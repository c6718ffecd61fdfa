# METADATA
# scope: package
# title: Raw images have two copies
# description: >-
#   Once raw images rest, two copies lie in two failure domains: what burns or is stolen together counts once.
#   Raw images of public origin, and those that are streamed, can be had again and need no second copy.
# custom:
#   id: keeping/raw_two_copies
#   severity: error
#   scope: [dataset]
#   gates: [plan, preview, live]
#   waivable: true
#   reads:
#     - location.dataset
#     - location.term
#     - location.system
#     - location.failure_domain
#     - dataset.level
#     - dataset.origin
#     - dataset.keep
#   cure: Add a store of another failure domain that this dataset may lie in.
#   references:
#     - Playbook, Figure 1, raw images rest on internal and external drives
#     - Playbook, section Flow, capabilities to quickly reprocess
package slidebox.keeping.raw_two_copies

import data.slidebox.lib.judge
import data.slidebox.lib.systems

info := judge.rule(rego.metadata.chain())

together_findings contains finding if {
	some [dataset, term] in (needed - twice)
	finding := judge.wanting(
		judge.finding(info, sprintf("%s@%s", [dataset, term]), sprintf(
			"raw images need 2 copies in 2 failure domains in the %s term; there is %s",
			[term, object.get(once, [[dataset, term]], "none")],
		)),
		"another_copy",
	)
}

together_findings contains finding if some finding in judge.unread_locations(info)

together_findings contains finding if some finding in judge.unread_datasets(info)

needed contains [location.dataset, location.term] if {
	some location in input.locations
	location.term in {"mid", "long"}
	kept_twice(input.datasets[location.dataset])
}

# Sorted, so that the domains of one dataset and term lie side by side and no join is needed.
copies := sort({[[location.dataset, location.term], location.failure_domain] |
	some location in input.locations
	location.system != systems.deletion
	location.failure_domain != "unknown"
})

twice := {held |
	some i, [held, _] in copies
	held == copies[i + 1][0]
}

once := {held: sprintf("one, in %s", [domain]) |
	some [held, domain] in copies
	not held in twice
}

kept_twice(dataset) if {
	dataset.level == "raw_images"
	dataset.origin != "public"
	dataset.keep != "stream"
}

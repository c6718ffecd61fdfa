# METADATA
# scope: package
# title: What licences ask of those who use the data
# description: Licences are named as SPDX names them, such as `CC-BY-NC-4.0`.
package slidebox.lib.licences

# METADATA
# title: What a licence asks for that has to be handed on
conditions(licence) := {part | some part in split(upper(licence), "-"); part in {"SA", "NC", "ND"}} | {"SA" |
	startswith(upper(licence), "ODBL")
}

# METADATA
# title: A condition in words
in_words := {
	"SA": "the same licence",
	"NC": "non-commercial use only",
	"ND": "no adaptations",
}

# METADATA
# title: A licence without its version
family(licence) := regex.replace(upper(licence), `-[0-9.]+$`, "")

# METADATA
# title: The licences that an SPDX expression lets one choose from
choices(expression) := {trim_space(licence) | some licence in split(expression, " OR ")}

package views

import (
	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// silent reports whether a change makes no difference to anyone's rights.
func silent(i org.Impact) bool {
	return len(i.Gains)+len(i.Losses)+len(i.KeptByOtherRoles)+i.WithoutRoles == 0
}

// affected is the sentence before the lines of an impact.
func affected(i org.Impact) string {
	switch {
	case i.Members == 0:
		return "Nobody is affected: nobody holds it."
	case i.Affected == 0:
		return "Nobody gains or loses a right (" + ui.Plural(i.Members, "person") + " looked at)."
	case i.Affected == 1:
		return "1 person gains or loses rights at once."
	default:
		return ui.Plural(i.Affected, "person") + " gain or lose rights at once."
	}
}

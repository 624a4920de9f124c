package views

import (
	"time"

	"rolecall.example/org"
	"rolecall.example/views/ui"
)

// Preferences is the page of what one browser remembers of its reader.
type Preferences struct {
	Zone      string   // as it was chosen; "": the browser's
	Zones     []string // the zones that are offered; others are accepted too
	Theme     string   // "light", "dark", or "" to follow the system
	Shortcuts bool     // single-key shortcuts are on
	Err       *org.Error
	Now       time.Time
}

func (p Preferences) themes() []ui.Option {
	out := []ui.Option{{Label: "As the system has it"}, {Value: "light", Label: "Light"}, {Value: "dark", Label: "Dark"}}
	for i := range out {
		out[i].On = out[i].Value == p.Theme
	}
	return out
}

// clock returns the hint under the zone: the time there, which shows whether the zone is right.
func (p Preferences) clock(z ui.Zone) string {
	return "Empty: as the browser says. It is " + p.Now.Format("15:04") + " in " + z.Name() + "."
}

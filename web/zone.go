package web

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the machine may have none

	"rolecall.example/views/ui"
)

// The zone of the reader, in which pages write times. Script tells that of the browser in a cookie; who chose one in the
// preferences has another, which script leaves alone.
const (
	zoneCookie   = "tz"
	chosenCookie = "zone"
	mostZone     = 64 // characters of a name
)

// zoneNames are the zones to choose from. Others that the zone data has are taken too.
//
//go:embed zones.txt
var zoneFile string

var zoneNames = sync.OnceValue(func() []string { return strings.Fields("UTC\n" + zoneFile) })

var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// zones keeps those that were asked for, of which there are only as many as the zone data has names.
var zones sync.Map

// zoneNamed returns a zone of the zone data, nil if that has none of this name.
func zoneNamed(name string) *time.Location {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	if len(name) > mostZone || !zoneName.MatchString(name) || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	zones.Store(name, zone)
	return zone
}

// zone is where the reader of this answer is.
func (c *call) zone() ui.Zone {
	if chosen := zoneNamed(c.cookie(chosenCookie)); chosen != nil {
		return ui.Zone{Location: chosen, Known: true, Chosen: true}
	}
	if told := zoneNamed(c.cookie(zoneCookie)); told != nil {
		return ui.Zone{Location: told, Known: true}
	}
	return ui.Zone{Location: time.UTC}
}

// now is the moment at which a page is made, by the clock of its reader.
func (c *call) now() time.Time { return time.Now().In(c.zone().Location) }

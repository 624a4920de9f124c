package web

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // the machine may have no zone data

	"rolecall.example/views/ui"
)

// The zone of the reader, in which pages write times. Script stores the browser's zone in one cookie; a zone chosen in
// the preferences is in the other, which script leaves alone.
const (
	zoneCookie   = "tz"
	chosenCookie = "zone"
	mostZone     = 64 // characters of a name
)

// zoneNames are the zones to choose from. Others from the zone data are accepted too.
//
//go:embed zones.txt
var zoneFile string

var zoneNames = sync.OnceValue(func() []string { return strings.Fields("UTC\n" + zoneFile) })

var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)

// zones caches the zones that were asked for. There are at most as many as the zone data has names.
var zones sync.Map

// zoneNamed returns a zone from the zone data, nil if it does not have that name.
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

// zone returns the zone of the reader of this answer.
func (c *call) zone() ui.Zone {
	if chosen := zoneNamed(c.cookie(chosenCookie)); chosen != nil {
		return ui.Zone{Location: chosen, Known: true, Chosen: true}
	}
	if told := zoneNamed(c.cookie(zoneCookie)); told != nil {
		return ui.Zone{Location: told, Known: true}
	}
	return ui.Zone{Location: time.UTC}
}

// now returns the current time in the reader's zone.
func (c *call) now() time.Time { return time.Now().In(c.zone().Location) }

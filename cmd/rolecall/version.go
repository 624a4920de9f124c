package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"rolecall.example/db"
)

// release is set when a release is built: -ldflags "-X main.release=v1.2.3".
var release string

// version returns the release. For a development build, it includes what the Go command recorded about the source.
func version() string {
	if release != "" {
		return release
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return development
	}
	return development + "+" + info.Main.Version
}

// development is the version of a build that is not a release. It is one word because headers contain it.
const development = "devel"

// build is what identifies a program, for inventories: which schema it brings a database to decides what it can go back to.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Schema   int64  `json:"schema"`
	Revision string `json:"revision,omitempty"` // of the source, if the Go command recorded it
	Time     string `json:"revision_time,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the source was not as it was committed
}

func thisBuild() (b build, err error) {
	b = build{Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if b.Schema, err = db.KnownSchema(); err != nil {
		return b, err
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				b.Revision = s.Value
			case "vcs.time":
				b.Time = s.Value
			case "vcs.modified":
				b.Modified = s.Value == "true"
			}
		}
	}
	return b, nil
}

// versionCommand has what a report of a problem needs.
func versionCommand() *command {
	return &command{
		name: "version", summary: "Print the version", examples: []string{"rolecall version", "rolecall version --json"},
		run: func(_ context.Context, t *terminal, _ *config) error {
			v, err := thisBuild()
			if err != nil {
				return err
			}
			return t.print(report{
				value: v, head: []string{"VERSION", "GO", "OS", "ARCH"}, rows: [][]string{{v.Version, v.Go, v.OS, v.Arch}},
				text: func(w io.Writer) { fmt.Fprintf(w, "rolecall %s (%s, %s/%s)\n", v.Version, v.Go, v.OS, v.Arch) },
			})
		},
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	modules "golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"rolecall.example/db"
)

// upcoming is the version in development, the first one in the changelog.
const upcoming = "v0.1.0"

// version returns the tag that the program was built from. Any other build precedes the version in development, and
// names its commit: v0.1.0-dev+33112c590d5f. It is one word because headers contain it.
func version() string {
	info, _ := debug.ReadBuildInfo()
	return versionOf(info)
}

// versionOf reads what the Go command recorded: it knows the tag of a clean working tree, and of a module that it
// downloaded.
func versionOf(info *debug.BuildInfo) string {
	if info == nil {
		return upcoming + "-dev"
	}
	recorded := info.Main.Version
	// A plus means that the source was not exactly as tagged.
	if semver.IsValid(recorded) && semver.Build(recorded) == "" && !modules.IsPseudoVersion(recorded) {
		return recorded
	}
	commit, modified := "", ""
	// For a module that was downloaded by commit this is the only record of it.
	if modules.IsPseudoVersion(recorded) {
		commit, _ = modules.PseudoVersionRev(recorded)
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = ".modified"
		}
	}
	// A build without a repository, such as that of a test.
	if commit == "" {
		return upcoming + "-dev"
	}
	return upcoming + "-dev+" + commit + modified
}

// build identifies a program, for inventories: the schema version that it migrates to decides which versions it can be
// replaced by.
type build struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	Schema   int64  `json:"schema"`
	Revision string `json:"revision,omitempty"` // of the source, if the Go command recorded it
	Time     string `json:"revision_time,omitempty"`
	Modified bool   `json:"modified,omitempty"` // the source had uncommitted changes
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

// versionCommand prints what a bug report needs.
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

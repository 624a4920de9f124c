package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
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

// versionCommand has what a report of a problem needs.
func versionCommand() *command {
	return &command{
		name: "version", summary: "Print the version", examples: []string{"rolecall version", "rolecall version --json"},
		run: func(_ context.Context, t *terminal, _ *config) error {
			v := map[string]string{"version": version(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH}
			return t.print(report{
				value: v, head: []string{"VERSION", "GO", "OS", "ARCH"}, rows: [][]string{{v["version"], v["go"], v["os"], v["arch"]}},
				text: func(w io.Writer) {
					fmt.Fprintf(w, "rolecall %s (%s, %s/%s)\n", v["version"], v["go"], v["os"], v["arch"])
				},
			})
		},
	}
}

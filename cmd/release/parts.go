package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// component is a part of the program in CycloneDX.
type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// parts lists what is in a program (CycloneDX 1.6): the modules that the Go command recorded in it, Go's own library, and
// the works of others that THIRD_PARTY.md names.
func (r *release) parts(program []byte) ([]byte, error) {
	info, err := buildinfo.Read(bytes.NewReader(program))
	if err != nil {
		return nil, err
	}
	parts := []component{goModule("stdlib", strings.TrimPrefix(info.GoVersion, "go"), "")}
	for _, m := range info.Deps {
		if m.Replace != nil { // what was compiled, whatever it is called in the code
			m = m.Replace
		}
		parts = append(parts, goModule(m.Path, m.Version, m.Sum))
	}
	papers, err := r.source.read("THIRD_PARTY.md")
	if err != nil {
		return nil, err
	}
	// Code that was copied into the repository is in no list of modules, but can have vulnerabilities too.
	kept := work.FindAllSubmatch(papers, -1)
	if len(kept) == 0 {
		return nil, errors.New("THIRD_PARTY.md has no table")
	}
	for _, m := range kept {
		parts = append(parts, component{Type: "library", Ref: string(m[1]), Name: string(m[1]), Properties: []property{{"url", string(m[2])}}})
	}
	main := component{Type: "application", Ref: "rolecall", Name: "rolecall", Version: r.version, PURL: "pkg:golang/" + info.Main.Path + "@" + url.PathEscape(r.version)}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" || s.Key == "GOOS" || s.Key == "GOARCH" {
			main.Properties = append(main.Properties, property{s.Key, s.Value})
		}
	}
	refs := []string{}
	for _, p := range parts {
		refs = append(refs, p.Ref)
	}
	// No serial number: it would have to differ each time, but the same commit must give the same file.
	return json.MarshalIndent(map[string]any{
		"$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json", "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
		"metadata":     map[string]any{"timestamp": r.time.Format(time.RFC3339), "component": main},
		"components":   parts,
		"dependencies": []any{map[string]any{"ref": "rolecall", "dependsOn": refs}},
	}, "", "  ")
}

// work is a row of the table in THIRD_PARTY.md.
var work = regexp.MustCompile(`(?m)^\| \[([^\]]+)\]\(([^)]+)\)`)

// goModule returns a module under the name by which scanners look it up. sum is that of go.sum.
func goModule(path, version, sum string) component {
	purl := "pkg:golang/" + path + "@" + url.PathEscape(version)
	c := component{Type: "library", Ref: purl, Name: path, Version: version, PURL: purl}
	if sum != "" {
		c.Properties = []property{{"go.sum", sum}}
	}
	return c
}

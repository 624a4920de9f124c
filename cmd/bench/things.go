package main

import (
	_ "embed"
	"encoding/json"
)

//go:embed things.json
var thingsFile []byte

// things are the names of the default catalog that requests use. They are data, so that the code knows no product.
var things = func() (t struct {
	Checked []string `json:"checked"` // types that are asked about
	Granted string   `json:"granted"` // the type that roles allow something on
	Sought  string   `json:"sought"`  // the type of the question who can delete it, and what that is called in the report
	Seeking string   `json:"seeking"`
	Held    []string `json:"held"`  // built-in roles of everybody in the other organizations
	Given   []string `json:"given"` // roles that are given in turn
	Taken   string   `json:"taken"` // a role that comes and goes, and what it alone allows
	// A pair, as TYPE:ACTION.
	WithTaken string `json:"withTaken"`
}) {
	if err := json.Unmarshal(thingsFile, &t); err != nil {
		panic(err) // the file is part of the program
	}
	return t
}()

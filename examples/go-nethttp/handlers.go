package main

import (
	"fmt"
	"net/http"
	"strings"

	"rolecall.example/client"
)

// app has the handlers. They run only for people whom the guard lets through.
type app struct{ roles *client.Client }

func (app) list(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `[{"id":7,"amount":120}]`) }

func (app) pay(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, `{"paid":true}`) }

// members lists all of them, or says that it cannot: an incomplete list ends with an error.
func (a app) members(w http.ResponseWriter, r *http.Request) {
	var names strings.Builder
	for m, err := range a.roles.StreamMembers(r.Context(), r.PathValue("organization"), client.MemberQuery{}) {
		if err != nil {
			w.Header().Set("Retry-After", "2")
			http.Error(w, "Try again.", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(&names, m.Username)
	}
	fmt.Fprint(w, names.String())
}

package main

import (
	"context"
	"maps"
	"slices"
)

// configCommand reads all settings with the code of the commands, so it prints what they would use, and refuses what
// they would refuse.
func configCommand() *command {
	return &command{
		name:    "config",
		summary: "List the settings in force, and where each comes from",
		about: "A flag overrides a variable, and a variable overrides the default. Secrets are cut. Settings that no command takes,\n" +
			"including misspelled variables, are an error.",
		examples: []string{"rolecall config", "systemd-run --pipe -p EnvironmentFile=/etc/rolecall.env rolecall config"},
		settings: slices.Sorted(maps.Keys(settings)),
		run: func(_ context.Context, t *terminal, c *config) error {
			type line struct {
				Name     string `json:"name"`
				Value    string `json:"value"`
				From     string `json:"from"`
				Variable string `json:"variable"`
			}
			var lines []line
			var rows [][]string
			// They include what chooseSource found, such as the token of a context.
			for _, name := range slices.Sorted(maps.Keys(c.inForce)) {
				v := c.inForce[name]
				if shown := settings[name].shown; shown != nil {
					v.value = shown(v.value)
				}
				lines = append(lines, line{name, v.value, v.from, variable(name)})
				rows = append(rows, []string{name, v.value, v.from})
			}
			return t.print(report{value: lines, head: []string{"SETTING", "VALUE", "FROM"}, rows: rows})
		},
	}
}

// cut returns what may be shown of a secret: not even a part of it, since that could be most of a short secret.
func cut(secret string) string {
	if secret == "" {
		return ""
	}
	return "(not shown)"
}

package web

import (
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"rolecall.example/org"
)

// readAddresses reads addresses as people paste them: with commas, semicolons, spaces or line breaks between, each alone or
// as "Name <address>".
func readAddresses(text string) (list []org.Invitee) {
	for _, part := range splitOutsideQuotes(text) {
		name, rest, named := strings.Cut(part, "<")
		if address, after, closed := strings.Cut(rest, ">"); named && closed && strings.TrimSpace(after) == "" {
			name = strings.TrimSpace(strings.ReplaceAll(name, `"`, ""))
			list = append(list, org.Invitee{Email: strings.TrimSpace(address), Name: name})
			continue
		}
		for address := range strings.FieldsSeq(part) {
			list = append(list, org.Invitee{Email: address})
		}
	}
	return list
}

// splitOutsideQuotes splits a text at commas, semicolons and line breaks, except inside a quoted name.
func splitOutsideQuotes(text string) []string {
	quoted := false
	return strings.FieldsFunc(text, func(r rune) bool {
		switch r {
		case '"':
			quoted = !quoted
		case '\n', '\r':
			quoted = false // a quote that is never closed must not swallow the rest
			return true
		}
		return !quoted && (r == ',' || r == ';')
	})
}

// readInviteeFile reads a CSV file with the columns email, name and roles; a header line may put them in another order.
// problem says why the file can't be read.
func readInviteeFile(text string) (list []org.Invitee, problem string) {
	lines := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	lines.FieldsPerRecord, lines.TrimLeadingSpace = -1, true
	columns := []string{"email", "name", "roles"}
	for n := 0; ; n++ {
		cells, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return list, ""
		}
		if err != nil {
			return nil, "is no CSV: " + err.Error()
		}
		if head := folded(cells); n == 0 && slices.Contains(head, "email") {
			columns = head
			for _, name := range head {
				if !slices.Contains([]string{"email", "name", "roles"}, name) {
					return nil, "has the unknown column " + name
				}
			}
			continue
		}
		if len(cells) > len(columns) {
			return nil, "has more cells in a line than columns"
		}
		var one org.Invitee
		for i, cell := range cells {
			cell = strings.TrimSpace(cell)
			switch columns[i] {
			case "email":
				one.Email = cell
			case "name":
				one.Name = cell
			case "roles":
				one.Roles = strings.FieldsFunc(cell, func(r rune) bool { return r == ';' || r == ',' || unicode.IsSpace(r) })
			}
		}
		if one.Email == "" && one.Name == "" && len(one.Roles) == 0 {
			continue
		}
		if list = append(list, one); len(list) > org.MaxInvited {
			return list, "" // the check of the whole request refuses it
		}
	}
}

func folded(cells []string) []string {
	out := make([]string, len(cells))
	for i, cell := range cells {
		out[i] = strings.ToLower(strings.TrimSpace(cell))
	}
	return out
}

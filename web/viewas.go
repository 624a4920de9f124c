package web

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rolecall.example/views"
)

// commands are the commands of this program that show what a page shows, by route. Parameters of the path and the query
// are in braces; a part in brackets is left out if its parameter is empty.
var commands = map[string]string{
	pathMembers:                    "members list --org {organization} [--q {q}] [--role {role}] [--status {status}] [--sort {sort}]",
	pathMember:                     "permissions {user} --org {organization}",
	pathMember + " action":         "explain {user} {action} {resource_type} --org {organization} [--owner {owner}]",
	pathRoles:                      "roles list --org {organization}",
	pathRole:                       "roles show {roleName} --org {organization}",
	pathRole + "/history":          "roles history {roleName} --org {organization}",
	pathRole + "/compare":          "roles diff {roleName} [{with}] --org {organization} [--version {version}] [--with-version {with_version}]",
	"/users/roles":                 "roles list",
	pathSiteRole:                   "roles show {roleName}",
	pathSiteRole + "/history":      "roles history {roleName}",
	pathSiteRole + "/compare":      "roles diff {roleName} [{with}] [--version {version}] [--with-version {with_version}]",
	pathDeletedRoles:               "roles deleted --org {organization}",
	"/deleted-roles":               "roles deleted",
	pathOrganization + "/who-can":  "",
	pathOrganization + "/who-can ": "who-can {action} {resource_type} --org {organization} [--owner {owner}]",
	pathOrganization + "/lint":     "lint --org {organization}",
	"/audit":                       "audit list [--q {q}] [--org {organization}]",
}

// api returns how a program gets what this request shows, nil if it cannot.
func (c *call) api(status int) *views.API {
	if status >= http.StatusBadRequest || !c.safe() || !c.route.Offers(API|Page) || c.actor == nil {
		return nil
	}
	u := c.request().URL
	q := u.Query()
	for _, name := range []string{"confirm", "find", "format", "back"} {
		q.Del(name)
	}
	if _, offset := c.page(c.query()); q.Has("page") { // pages by number are for people
		q.Del("page")
		q.Set("offset", strconv.Itoa(offset))
	}
	key := c.route.Path
	if q.Get("action") != "" && q.Get("resource_type") != "" {
		switch key {
		case pathMember:
			key += " action"
			q.Set("explain", "1")
		case pathOrganization + "/who-can":
			key += " "
		}
	}
	if key == "/audit" {
		query := c.query()
		for _, name := range append(views.AuditFilterKeys(), "also") {
			if name != "organization" {
				q.Del(name)
			}
		}
		q.Del("q")
		if text := auditQuery(query); text != "" {
			q.Set("q", text)
		}
	}
	path := apiPrefix + strings.TrimPrefix(u.EscapedPath(), apiPrefix)
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	return &views.API{
		JSON: path,
		Curl: `curl -H "Coder-Session-Token: $ROLECALL_TOKEN" ` + c.curlAddress(path),
		CLI:  c.commandLine(commands[key], q),
	}
}

// curlAddress writes the address of a path as a word for a shell.
func (c *call) curlAddress(path string) string {
	if base := c.base(); base != "" {
		return shellWord(base + path)
	}
	return `"$ROLECALL_URL"` + shellWord(path)
}

// commandLine fills in a command of the table.
func (c *call) commandLine(command string, q url.Values) string {
	if command == "" {
		return ""
	}
	words := []string{"rolecall"}
	optional, part := false, []string{}
	for word := range strings.FieldsSeq(command) {
		if strings.HasPrefix(word, "[") {
			optional, word = true, word[1:]
		}
		last := strings.HasSuffix(word, "]")
		word = strings.TrimSuffix(word, "]")
		value := word
		if name, ok := strings.CutPrefix(word, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			value = cmp.Or(c.param(name), q.Get(name))
			if value == "" && optional {
				optional, part = false, nil
				continue
			}
			value = shellWord(value)
		}
		part = append(part, value)
		if !optional || last {
			words, part, optional = append(words, part...), nil, false
		}
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word for a shell if necessary.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+,", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) && !strings.HasPrefix(s, "-") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

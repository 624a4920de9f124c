package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v3"

	"rolecall.example/client"
)

// A role file has roles as YAML or JSON: one, a list, or several documents. Its permissions are in the short form, or in
// that of the API. An answer of the API is a role file too. Unknown keys are faults, since a misspelled list of denies
// would grant something.

// fileRole is a role as export writes it.
type fileRole struct {
	Organization string   `json:"organization,omitempty"`
	Name         string   `json:"name"`
	DisplayName  string   `json:"display_name,omitempty"`
	Description  string   `json:"description,omitempty"`
	OfOrg        []string `json:"organization_permissions,omitzero"`
	OfSite       []string `json:"site_permissions,omitzero"`
	OfUser       []string `json:"user_permissions,omitzero"`
}

// wantedRole is a role that a file asks for.
type wantedRole struct {
	client.RoleRequest
	organization string // id or name; "" for a role of the site
	line         int
	lines        map[string][]int // of the permissions, by the name of their list
}

// fault is a problem in a line of a file.
type fault struct {
	line int
	text string
}

// faults are all problems of a file.
type faults struct {
	file string
	list []fault
}

func (f *faults) add(line int, format string, args ...any) {
	f.list = append(f.list, fault{line, fmt.Sprintf(format, args...)})
}

// err returns the faults as one error with a line for each, or nil if there are none. It has all of them, since that
// makes fixing a file faster. Aliases repeat the fault of their anchor; each is listed once.
func (f *faults) err() error {
	slices.SortStableFunc(f.list, func(a, b fault) int { return cmp.Compare(a.line, b.line) })
	var lines []string
	for _, one := range f.list {
		lines = append(lines, fmt.Sprintf("%s:%d: %s", f.file, one.line, one.text))
	}
	lines = slices.Compact(lines)
	if lines == nil {
		return nil
	}
	return usageError(strings.Join(lines, "\n"))
}

// roleKeys are the keys of a role in a file. Those with nil are in answers of the API and say nothing about the role.
var roleKeys = map[string]func(p *roleParser, v *yaml.Node){
	"name":                            func(p *roleParser, v *yaml.Node) { p.role.Name = p.text(v) },
	"display_name":                    func(p *roleParser, v *yaml.Node) { p.role.DisplayName = p.text(v) },
	"description":                     func(p *roleParser, v *yaml.Node) { about := p.text(v); p.role.Description = &about },
	"organization":                    func(p *roleParser, v *yaml.Node) { p.role.organization = p.text(v) },
	"organization_id":                 func(p *roleParser, v *yaml.Node) { p.organizationID(v) },
	"organization_permissions":        func(p *roleParser, v *yaml.Node) { p.permissions("organization_permissions", v, &p.role.Organization) },
	"site_permissions":                func(p *roleParser, v *yaml.Node) { p.permissions("site_permissions", v, &p.role.Site) },
	"user_permissions":                func(p *roleParser, v *yaml.Node) { p.permissions("user_permissions", v, &p.role.User) },
	"organization_member_permissions": func(p *roleParser, v *yaml.Node) { p.nothing("organization_member_permissions", v) },
	"built_in":                        func(p *roleParser, v *yaml.Node) { p.custom(v) },
	"assignable":                      nil,
}

// roleParser reads one role.
type roleParser struct {
	*faults
	role wantedRole
}

// parseRoles reads a role file. organization is for roles that name none and are not of the site.
func parseRoles(f *faults, text []byte, organization string) (roles []wantedRole) {
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var document yaml.Node
		err := d.Decode(&document)
		if errors.Is(err, io.EOF) {
			return roles
		}
		if err != nil {
			// The rest cannot be read, but what came before is still checked.
			f.add(yamlFault(err))
			return roles
		}
		// A single role is read like a list of one.
		list := document.Content[:1]
		if root := resolved(list[0]); root.Kind == yaml.SequenceNode {
			list = root.Content
		} else if root.Tag == "!!null" {
			continue
		}
		for _, n := range list {
			p := roleParser{faults: f, role: wantedRole{line: n.Line, lines: map[string][]int{}}}
			p.parse(resolved(n), organization)
			roles = append(roles, p.role)
		}
	}
}

// yamlFault extracts the line from an error of the parser.
func yamlFault(err error) (line int, format string, text string) {
	// The parser has no type for its errors; if there is no line, the first one is better than none.
	text = strings.TrimPrefix(err.Error(), "yaml: ")
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, what, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, what
		}
	}
	if strings.Contains(text, "anchor") || strings.Contains(text, "alphabetic") {
		text += "; what begins with * needs quotes"
	}
	return max(line, 1), "%s", text
}

// resolved follows an alias.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (p *roleParser) parse(n *yaml.Node, organization string) {
	if n.Kind != yaml.MappingNode {
		p.add(n.Line, "this is no role: keys like name and organization_permissions are needed")
		return
	}
	known := make([]string, 0, len(roleKeys))
	for key := range roleKeys {
		known = append(known, key)
	}
	slices.Sort(known)
	has := p.keys(n, known, func(key string, v *yaml.Node) {
		if read := roleKeys[key]; read != nil {
			read(p, v)
		}
	})
	if p.role.Name == "" {
		p.add(n.Line, "name is needed")
	}
	if has["organization"] && has["organization_id"] {
		p.add(n.Line, "organization and organization_id exclude each other")
	}
	ofSite := has["site_permissions"] || has["user_permissions"]
	if p.role.organization == "" && !ofSite {
		if p.role.organization = organization; organization == "" {
			p.add(n.Line, "organization is needed, here or with --org; a role of the site has site_permissions, which may be []")
		}
	}
}

// keys reads a mapping, and returns the keys that it has.
func (p *roleParser) keys(n *yaml.Node, known []string, read func(key string, v *yaml.Node)) map[string]bool {
	has := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, line := n.Content[i].Value, n.Content[i].Line
		switch {
		case !slices.Contains(known, key):
			p.add(line, "there is no key %q%s", key, didYouMean(key, known, ""))
		// One of the two would be lost, perhaps the one that denies.
		case has[key]:
			p.add(line, "%s is here twice", key)
		default:
			read(key, resolved(n.Content[i+1]))
		}
		has[key] = true
	}
	return has
}

// text reads a text. An empty value is "".
func (p *roleParser) text(v *yaml.Node) string {
	if v.Kind != yaml.ScalarNode {
		p.add(v.Line, "a text is needed")
		return ""
	}
	if v.Tag == "!!null" {
		return ""
	}
	return v.Value
}

// organizationID reads the organization of an answer of the API.
func (p *roleParser) organizationID(v *yaml.Node) {
	if id := p.text(v); id != "" && id != uuid.Nil.String() && p.role.organization == "" {
		p.role.organization = id
	}
}

func (p *roleParser) custom(v *yaml.Node) {
	if v.Value != "false" {
		p.add(v.Line, "a built-in role cannot be changed: leave it out")
	}
}

// nothing accepts an empty list only.
func (p *roleParser) nothing(name string, v *yaml.Node) {
	if len(v.Content) > 0 || v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
		p.add(v.Line, "%s must be empty", name)
	}
}

// permissions remembers the line of each, for later refusals by the server.
func (p *roleParser) permissions(name string, v *yaml.Node, list *[]client.Permission) {
	if v.Kind != yaml.SequenceNode {
		if v.Kind != yaml.ScalarNode || v.Tag != "!!null" {
			p.add(v.Line, "a list is needed, like - organization_member:read,update")
		}
		return
	}
	for _, entry := range v.Content {
		entry = resolved(entry)
		parsed, err := p.permission(entry)
		if err != nil {
			p.add(entry.Line, "%v", err)
		}
		for _, one := range parsed {
			opposite := one
			// The deny would win, but the author meant something else.
			if opposite.Negate = !one.Negate; slices.Contains(*list, opposite) {
				p.add(entry.Line, "%s:%s is both allowed and denied", one.ResourceType, one.Action)
			}
			*list = append(*list, one)
			p.role.lines[name] = append(p.role.lines[name], entry.Line)
		}
	}
}

// permission reads an entry in the short form or in that of the API.
func (p *roleParser) permission(n *yaml.Node) ([]client.Permission, error) {
	switch {
	case n.Kind == yaml.ScalarNode && strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return parsePermissions(n.Tag + n.Value) // without quotes, YAML reads a leading ! as a tag
	case n.Kind == yaml.ScalarNode:
		return parsePermissions(n.Value)
	case n.Kind != yaml.MappingNode:
		return nil, errors.New("a permission is needed, like organization_member:read,update")
	}
	var one client.Permission
	p.keys(n, []string{"resource_type", "action", "negate"}, func(key string, v *yaml.Node) {
		switch key {
		case "resource_type":
			one.ResourceType = p.text(v)
		case "action":
			one.Action = p.text(v)
		default:
			// A value that is neither must not be taken for an allow.
			if err := v.Decode(&one.Negate); err != nil {
				p.add(v.Line, "negate is true or false")
			}
		}
	})
	if one.ResourceType == "" || one.Action == "" {
		return nil, errors.New("resource_type and action are needed")
	}
	return []client.Permission{one}, nil
}

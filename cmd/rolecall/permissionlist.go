package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rolecall.example/client"
)

// parsePermissions reads the short form of permissions: "type:action,action", with "!" in front of denies. It only
// checks the form: the server's catalog decides which permissions exist, and a newer server may know more of them.
func parsePermissions(text string) (list []client.Permission, err error) {
	rest, negate := strings.CutPrefix(strings.TrimSpace(text), "!")
	resourceType, actions, ok := strings.Cut(rest, ":")
	for action := range strings.SplitSeq(actions, ",") {
		action = strings.TrimSpace(action)
		if !ok || resourceType == "" || action == "" || strings.ContainsAny(action, ":! ") || strings.Contains(resourceType, " ") {
			return nil, fmt.Errorf("%q is no permission like organization_member:read,update or !organization_member:delete", text)
		}
		list = append(list, client.Permission{ResourceType: resourceType, Action: action, Negate: negate})
	}
	return list, nil
}

// shortForm writes permissions in the form that parsePermissions reads: for each type an entry for what is allowed and
// one for what is denied, in the order of the list.
func shortForm(list []client.Permission) []string {
	entries := []string{}
	// The position of a type's entry, to add further actions to it.
	at := map[string]int{}
	for _, p := range list {
		entry := p.ResourceType + ":"
		if p.Negate {
			entry = "!" + entry
		}
		if i, ok := at[entry]; ok {
			entries[i] += "," + p.Action
			continue
		}
		at[entry] = len(entries)
		entries = append(entries, entry+p.Action)
	}
	return entries
}

// permissionList is a flag that takes permissions in the short form, without "!", and may be repeated.
type permissionList struct{ list *[]client.Permission }

// Set implements pflag.Value.
func (l *permissionList) Set(v string) error {
	parsed, err := parsePermissions(v)
	// A shell treats ! specially, and two ways to say the same thing would be confusing.
	if err == nil && parsed[0].Negate {
		err = errors.New("no ! is needed here, since --deny denies")
	}
	*l.list = append(*l.list, parsed...)
	return err
}

func (l *permissionList) String() string {
	if l.list == nil {
		return ""
	}
	return strings.Join(shortForm(*l.list), " ")
}

// Type implements pflag.Value.
func (*permissionList) Type() string { return "permissions" }

// refusedPermission matches the field name in a refusal that is about a permission.
var refusedPermission = regexp.MustCompile(`^(organization|site|user)_permissions\[(\d+)\]`)

// permissionAt returns the permission of a role that a field of a refusal is about, and its position. The server counts
// entries as they were sent; people know the line of their file.
func permissionAt(field string, r *client.RoleRequest) (p client.Permission, list string, i int, ok bool) {
	m := refusedPermission.FindStringSubmatch(field)
	if m == nil {
		return p, "", 0, false
	}
	i, err := strconv.Atoi(m[2])
	lists := map[string][]client.Permission{"organization": r.Organization, "site": r.Site, "user": r.User}
	if err != nil || i >= len(lists[m[1]]) {
		return p, "", 0, false
	}
	return lists[m[1]][i], m[1] + "_permissions", i, true
}

// suggest adds suggestions to a refusal because of permissions that do not exist. Only after a refusal, because the
// hint costs a request.
func suggest(ctx context.Context, api *client.Client, err error, r *client.RoleRequest) error {
	e, ok := errors.AsType[*client.Error](err)
	if !ok {
		return err
	}
	for _, v := range e.Validations {
		if p, _, _, ok := permissionAt(v.Field, r); ok {
			words, _ := vocabularyOf(ctx, api) // without them there is no hint
			if hint := words.like(p); hint != "" {
				return fmt.Errorf("%w%s", err, hint)
			}
		}
	}
	return err
}

package main

import (
	"context"
	"fmt"
	"slices"

	"rolecall.example/client"
	"rolecall.example/rbac"
)

// vocabulary is the catalog of the file or the server that answers: its permissions, and what they let people do. This
// program may know another catalog than the server.
type vocabulary struct{ types []client.CatalogType }

// vocabularyOf reads it again in each command, because the catalog may change between two of them.
func vocabularyOf(ctx context.Context, api *client.Client) (vocabulary, error) {
	c, err := api.Catalog(ctx)
	return vocabulary{c.Types}, err
}

// doing puts a permission into words: "delete templates". One without words is called by its name.
func (v vocabulary) doing(resourceType, action string, own bool) string {
	words := resourceType + ":" + action
	for _, t := range v.types {
		for _, a := range t.Actions {
			if t.Name == resourceType && a.Name == action && a.Phrase != "" {
				words = a.Phrase
			}
		}
	}
	if own {
		words += " of their own"
	}
	return words
}

// has reports whether a type has an action. The wildcard type has those of all types. The lists are short enough to
// search.
func (v vocabulary) has(resourceType, action string) bool {
	return slices.ContainsFunc(v.types, func(t client.CatalogType) bool {
		return (t.Name == resourceType || resourceType == rbac.Wildcard) &&
			slices.ContainsFunc(t.Actions, func(a client.CatalogAction) bool { return a.Name == action })
	})
}

func (v vocabulary) hasType(name string) bool {
	return name == rbac.Wildcard || slices.ContainsFunc(v.types, func(t client.CatalogType) bool { return t.Name == name })
}

// typesWith returns the types that have the action, or all of them for "".
func (v vocabulary) typesWith(action string) (names []string) {
	for _, t := range v.types {
		if action == "" || v.has(t.Name, action) {
			names = append(names, t.Name)
		}
	}
	return names
}

// actionsOn returns the actions of a type, in the order of the catalog.
func (v vocabulary) actionsOn(resourceType string) (names []string) {
	for _, t := range v.types {
		for _, a := range t.Actions {
			if (t.Name == resourceType || resourceType == rbac.Wildcard) && !slices.Contains(names, a.Name) {
				names = append(names, a.Name)
			}
		}
	}
	return names
}

// pairs returns all permissions in the short form.
func (v vocabulary) pairs() (names []string) {
	for _, t := range v.types {
		for _, a := range t.Actions {
			names = append(names, t.Name+":"+a.Name)
		}
	}
	return names
}

// like suggests what a permission that does not exist may have meant, or returns "". Without a catalog there is nothing
// to compare with, and no hint is better than a wrong one.
func (v vocabulary) like(p client.Permission) string {
	switch {
	case v.has(p.ResourceType, p.Action) || len(v.types) == 0:
		return ""
	case !v.hasType(p.ResourceType):
		return didYouMean(p.ResourceType, v.typesWith(""), "")
	default:
		return didYouMean(p.Action, v.actionsOn(p.ResourceType), p.ResourceType+":")
	}
}

// unknown returns the error about an action that a type does not have, with a suggestion; nil if the action exists.
func (v vocabulary) unknown(action, resourceType string) error {
	switch {
	case !v.hasType(resourceType):
		return usageError(fmt.Sprintf("there is no type %q%s", resourceType, didYouMean(resourceType, v.typesWith(""), "")))
	case !v.has(resourceType, action):
		return usageError(fmt.Sprintf("there is no action %q on %s%s", action, resourceType, didYouMean(action, v.actionsOn(resourceType), "")))
	}
	return nil
}

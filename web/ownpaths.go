package web

import "strings"

// shareOwnPaths lets the caller's own paths answer what those of any account do: Echo takes /users/me/mfa for itself alone.
func shareOwnPaths(paths map[string]*resource) map[string]*resource {
	for path, p := range paths {
		own := paths[strings.Replace(path, "/users/:user/", "/users/me/", 1)]
		if own == nil || own == p {
			continue
		}
		for method, e := range p.endpoints {
			if _, there := own.endpoints[method]; !there {
				own.endpoints[method] = e
			}
		}
	}
	return paths
}

package web

import "strings"

// shareOwnPaths adds to the caller's own paths the methods of the same path for any account: once Echo has matched
// /users/me/mfa, it does not try /users/:user/mfa.
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

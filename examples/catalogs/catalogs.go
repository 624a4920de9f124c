// Package catalogs has catalogs of invented products, and the JSON Schema of the format that they are in. Beside each stands
// a file of permission tests.
package catalogs

import "embed"

// Schema is the JSON Schema of the format, for editors.
//
//go:embed catalog.schema.json
var Schema []byte

// Files are the catalogs and their tests.
//
//go:embed *.yaml
var Files embed.FS

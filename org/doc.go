// Package org holds what rolecall is about: organizations, accounts, members, roles, the audit trail, the failures that a
// caller may read, and the query language. The use cases stand in the packages below it. It knows nothing of HTTP, HTML
// or SQL. Its API may change without notice.
package org

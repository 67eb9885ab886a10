{{/* Role and binding of a process that elects one leader by a Lease of its own name. Argument: dict "root" . "name" of the
     service account and its Lease "component" name */}}
{{- define "strategy.leaderElection" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ .name }}-lease
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "strategy.labels" . | nindent 4 }}
rules:
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    resourceNames: [{{ .name }}]
    verbs: [get, update]
  # A name does not exist yet when its object is created, so create cannot be limited to it.
  - apiGroups: [coordination.k8s.io]
    resources: [leases]
    verbs: [create]
---
{{ include "strategy.roleBinding" (dict "root" .root "name" (printf "%s-lease" .name) "namespace" .root.Release.Namespace "account" .name "component" .component) }}
{{- end -}}

{{/* Binds a Role to a service account of the release's namespace.
     Argument: dict "root" . "name" of the Role "namespace" of the Role "account" name "component" name */}}
{{- define "strategy.roleBinding" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels:
    {{- include "strategy.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .account }}
    namespace: {{ .root.Release.Namespace }}
{{- end -}}

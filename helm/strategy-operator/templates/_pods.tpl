{{/* What the pods of all three processes share. */}}

{{/* Pod Security "restricted". */}}
{{- define "strategy.podSecurityContext" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{- define "strategy.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Where a component's pods may run. Argument: dict "root" . "component" name "values" .Values.operator */}}
{{- define "strategy.placement" -}}
{{- $fields := dict -}}
{{- with .root.Values.images.pullSecrets -}}{{- $_ := set $fields "imagePullSecrets" . -}}{{- end -}}
{{- range $field := list "priorityClassName" "nodeSelector" "tolerations" "affinity" -}}
{{- with index $.values $field -}}{{- $_ := set $fields $field . -}}{{- end -}}
{{- end -}}
{{- if and (gt (int .values.replicas) 1) (not .values.affinity) -}}
{{- $labels := include "strategy.selectorLabels" . | fromYaml -}}
{{- $spread := dict "maxSkew" 1 "topologyKey" "kubernetes.io/hostname" "whenUnsatisfiable" "ScheduleAnyway" "labelSelector" (dict "matchLabels" $labels) -}}
{{- $_ := set $fields "topologySpreadConstraints" (list $spread) -}}
{{- end -}}
{{- if $fields -}}{{- toYaml $fields -}}{{- end -}}
{{- end -}}

{{/* Annotations of a pod; the checksum restarts it when the connections the chart keeps have changed. */}}
{{- define "strategy.podAnnotations" -}}
checksum/connections: {{ include "strategy.givenCredentials" .root | sha256sum }}
{{- with .values.podAnnotations }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "strategy.logVariables" -}}
- name: LOG_LEVEL
  value: {{ .Values.logging.level | quote }}
- name: LOG_FORMAT
  value: {{ .Values.logging.format | quote }}
{{- end -}}

{{/* Who the process is, for leader election. */}}
{{- define "strategy.podNameVariable" -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- end -}}

{{/* Liveness asks the process alone; readiness says in words what is missing. Argument: dict "live" path "ready" path */}}
{{- define "strategy.probes" -}}
startupProbe:
  httpGet: {path: {{ .live }}, port: http}
  periodSeconds: 1
  timeoutSeconds: 3
  failureThreshold: 60
livenessProbe:
  httpGet: {path: {{ .live }}, port: http}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
readinessProbe:
  httpGet: {path: {{ .ready }}, port: http}
  periodSeconds: 2
  timeoutSeconds: 3
  failureThreshold: 2
{{- end -}}

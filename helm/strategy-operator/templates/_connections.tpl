{{/* Credentials: each is a value, kept in the release's own Secret, or a key of a Secret that exists already. */}}

{{/* Every credential by its environment variable. */}}
{{- define "strategy.credentials" -}}
REDIS_URL: {{ dict "value" .Values.redis.url "existing" .Values.redis.existingSecret | toJson }}
SIGNAL_DATABASE_URL: {{ dict "value" .Values.signalDatabase.url "existing" .Values.signalDatabase.existingSecret | toJson }}
AI_ML_DATABASE_URL: {{ dict "value" .Values.databases.aiMl.url "existing" .Values.databases.aiMl.existingSecret | toJson }}
NO_CODE_DATABASE_URL: {{ dict "value" .Values.databases.noCode.url "existing" .Values.databases.noCode.existingSecret | toJson }}
JWT_SECRET_KEY: {{ dict "value" .Values.api.auth.jwtSecretKey "existing" .Values.api.auth.existingSecret | toJson }}
{{- end -}}

{{/* The ones given as values: what the chart's Secret holds. */}}
{{- define "strategy.givenCredentials" -}}
{{- $given := dict -}}
{{- range $variable, $credential := include "strategy.credentials" . | fromYaml -}}
{{- if and $credential.value (not $credential.existing.name) -}}
{{- $_ := set $given $variable $credential.value -}}
{{- end -}}
{{- end -}}
{{- toYaml $given -}}
{{- end -}}

{{/* One environment variable with a credential; absent when it is not given. Argument: dict "root" . "variable" NAME */}}
{{- define "strategy.credentialVariable" -}}
{{- $credential := index (include "strategy.credentials" .root | fromYaml) .variable -}}
{{- if or $credential.existing.name $credential.value -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      {{- if $credential.existing.name }}
      name: {{ $credential.existing.name }}
      key: {{ $credential.existing.key }}
      {{- else }}
      name: {{ include "strategy.connectionsName" .root }}
      key: {{ .variable }}
      {{- end }}
{{- end -}}
{{- end -}}

{{/* The same, but its absence is an error. Argument: dict "root" . "variable" NAME "problem" sentence */}}
{{- define "strategy.requiredCredentialVariable" -}}
{{- required .problem (include "strategy.credentialVariable" .) -}}
{{- end -}}

{{- define "strategy.kafkaBootstrapServers" -}}
{{- required "kafka.bootstrapServers is empty: strategies and API meet in Kafka, for example --set kafka.bootstrapServers=kafka.messaging:9092" .Values.kafka.bootstrapServers -}}
{{- end -}}

{{/* Stands before the market gateway's names in Redis: releases that share a Redis must not hear each other's bars. */}}
{{- define "strategy.marketRedisPrefix" -}}
{{ .Release.Namespace }}/{{ .Release.Name }}:
{{- end -}}

{{- define "strategy.gatewayUrl" -}}
http://{{ include "strategy.gatewayName" . }}.{{ .Release.Namespace }}.svc:{{ .Values.marketGateway.service.port }}
{{- end -}}

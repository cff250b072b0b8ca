// A Backstage backend with nothing but what the catalogue and its templates need.
const { createBackend } = require('@backstage/backend-defaults');

const backend = createBackend();
for (const plugin of [
  import('@backstage/plugin-catalog-backend'),
  import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'),
  import('@backstage/plugin-scaffolder-backend'),
  import('@backstage/plugin-kubernetes-backend'),
]) {
  backend.add(plugin);
}
backend.start();

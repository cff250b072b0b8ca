"""Backstage: the catalogue as entities of its software catalog, the golden paths as templates of its scaffolder."""

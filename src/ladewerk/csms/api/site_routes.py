"""The site: what is set, and setting it."""

from typing import Final

from litestar import get, put
from litestar.di import NamedDependency
from litestar.params import JSONBody

from ladewerk.csms.api.desk import Desk
from ladewerk.csms.api.refusals import faulty
from ladewerk.csms.api.views import Overview
from ladewerk.csms.planning.site import Site, SiteChange, site_faults
from ladewerk.csms.security.roles import Right


@get("/api/overview", right=Right.READ)
async def get_overview(desk: NamedDependency[Desk]) -> Overview:
    """Site, stations, needs and plans."""
    return desk.overview()


@get("/api/site", right=Right.READ)
async def get_site(desk: NamedDependency[Desk]) -> Site:
    """What limits the site and what its energy costs."""
    return desk.ledger.site


@put("/api/site", right=Right.OPERATE)
async def put_site(desk: NamedDependency[Desk], data: JSONBody[SiteChange]) -> Site:
    """Change what is given, keep the rest; every car is planned anew."""
    site = data.applied_to(desk.ledger.site)
    faults = site_faults(site)
    if faults:
        raise faulty(*faults)
    if site != desk.ledger.site:
        await desk.ledger.put_site(site)
    return site


ROUTES: Final = (get_overview, get_site, put_site)
